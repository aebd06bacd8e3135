#!/bin/sh
# slurm_task.sh - what sbatch is given, since it runs a copy of it: task.sh where it stands, with Slurm's number of the task.
# Usage: slurm_task.sh TASK.SH TASKS MANIFEST RUNS CORPUS...
MOELAW_TASK=$SLURM_ARRAY_TASK_ID
export MOELAW_TASK
exec "$@"
