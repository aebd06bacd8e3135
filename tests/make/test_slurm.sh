#!/bin/bash
# test_slurm.sh - the Slurm launcher against Slurm itself: one node on loopback, no accounting. Skips where slurm-wlm and munge are
# not installed, or no daemon may be started.
. tests/tap.sh
for program in slurmctld slurmd sbatch munged; do
  command -v $program >/dev/null || PATH=$PATH:/usr/sbin
  if ! command -v $program >/dev/null; then
    skip "Slurm in earnest" "no $program: make setup WITH=slurm"
    exit
  fi
done
if [ "$(id -u)" != 0 ]; then
  skip "Slurm in earnest" "its daemons need root"
  exit
fi
cd "$(dirname "$0")/../.." || exit 3

# ---- a cluster of one node
export SLURM_CONF=$work/slurm.conf
port=$((20000 + $$ % 20000))
node=$(hostname -s)
mkdir -p "$work/state" "$work/spool" "$work/munge"
chmod 755 "$work"
dd if=/dev/urandom of="$work/munge/key" bs=128 count=1 2>/dev/null
chmod 700 "$work/munge" && chmod 600 "$work/munge/key"
cat >"$SLURM_CONF" <<CONF
ClusterName=loopback
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthInfo=socket=$work/munge.socket
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1
KillWait=2
MessageTimeout=5
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
controller() { slurmctld -D >"$work/ctl.out" 2>&1 & ctl=$!; }
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge.socket" --pid-file="$work/munge/pid" \
  --log-file="$work/munge/log" --seed-file="$work/munge/seed" >/dev/null 2>&1 &
munge=$!
# munged refuses sockets in folders that others may write; the key's folder is its own.
controller
sleep 0.3
slurmd -D -N "$node" >"$work/d.out" 2>&1 &
daemon=$!
trap 'kill $ctl $daemon $munge 2>/dev/null; wait $ctl $daemon $munge 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  sinfo -h -o %T 2>/dev/null | grep -q idle && break
  sleep 0.2
done
if ! sinfo -h -o %T 2>/dev/null | grep -q idle; then
  skip "Slurm in earnest" "no node comes up here ($(tail -1 "$work/slurmctld.log" 2>/dev/null | cut -c1-80))"
  exit
fi
ok "a cluster of one node is up"

# ---- sweeps of 16 runs
cat >"$work/d.yaml" <<'YAML'
defaults: {n_layers: 1, seq_len: 16, batch: 4, eval_tokens: 512, warmup_tokens: 200, lr: 1e-3, lr_width: 0}
grid: {d_model: 16, n_experts: 2, seed: [1, 2, 3, 4, 5, 6, 7, 8], tokens: [640, 1280]}
YAML
sed 's/tokens: \[640, 1280\]/tokens: [60000]/; s/seed: \[.*8\]/seed: [1, 2]/' "$work/d.yaml" >"$work/long.yaml"
expand() { "$BIN/moesweep" expand "$work/$1.yaml" --corpus-sha 'markov:vocab=64;branches=4;seed=1' -q -o "$work/$1.csv" >/dev/null; }
expand d
expand long
launch() { # FOLDER MANIFEST [OPTION...]
  env MOETRAIN="$(realpath "$BIN/moetrain")" MOESWEEP="$(realpath "$BIN/moesweep")" JOBS=1 POLL_SECONDS=0.5 \
    pipeline/launch/slurm.sh "${@:3}" "$work/$2.csv" "$work/$1"
}
left() { "$BIN/moesweep" missing "$work/$2.csv" "$work/$1" | wc -l; }
jobs_of() { find "$work/$1/.slurm" -name '*.job' | wc -l; }
# What the launcher in the background said.
told() { if grep -qF -- "$2" "$work/launcher.err"; then ok "$1"; else not_ok "$1: $(tail -3 "$work/launcher.err")"; fi; }
# once CONDITION...: waits until it holds, 20 s at most.
once() { for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; return 1; }

exits 0 "a clean sweep" launch clean d --runs-per-task 4 --throttle 2 --time 10 --partition all
check "all 16 runs are done, in one array" [ "$(left clean d) $(jobs_of clean)" = "0 1" ]
exits 0 "once more" launch clean d
check "submits nothing" [ "$(jobs_of clean)" = 1 ]

# The trainer killed as by the kernel when memory is out: its task fails, the next round takes its runs up.
launch killed long --runs-per-task 1 >/dev/null 2>"$work/launcher.err" &
launcher=$!
training() { [ -s "$(find "$work/$1" -name record.jsonl | head -1)" ]; }
check "runs are under way" once training killed
victim=$(pgrep -f "moetrain.*--out $work/killed" | head -1)
check "one is there to be killed" [ -n "$victim" ]
kill -9 "$victim" 2>/dev/null
wait $launcher
status=$?
check "SIGKILL: the sweep ends well" [ $status = 0 ]
told "with a second try" "trying them again"
check "and every run is done" [ "$(left killed long)" = 0 ]
exits 0 "its table has all rows" "$BIN/moesweep" collect -q "$work/long.csv" "$work/killed" -o "$work/t.csv"

# scancel: no second try behind one's back; the next call goes on.
launch cancelled long --runs-per-task 1 >/dev/null 2>"$work/launcher.err" &
launcher=$!
check "runs are under way" once training cancelled
scancel --user=root
wait $launcher
status=$?
check "scancel: the launcher ends with status 3" [ $status = 3 ]
told "and says why" "was cancelled"
exits 0 "calling it again" launch cancelled long --runs-per-task 1
check "finishes" [ "$(left cancelled long)" = 0 ]

# A launcher that is killed leaves its jobs in the queue; the next one waits for them.
launch orphan long --runs-per-task 1 >/dev/null 2>"$work/launcher.err" &
launcher=$!
check "a launcher has submitted" once eval "[ -e '$work'/orphan/.slurm/*.job ]"
kill -9 $launcher
wait $launcher 2>/dev/null
exits 0 "the next one" launch orphan long --runs-per-task 1
says "waits for what is in the queue" "of an earlier call is in the queue"
check "and submits none of it again" [ "$(jobs_of orphan) $(left orphan long)" = "1 0" ]

# The controller away while jobs run: silence is not the end of a job.
launch away long --runs-per-task 1 >/dev/null 2>"$work/launcher.err" &
launcher=$!
check "runs are under way" once training away
kill $ctl && wait $ctl 2>/dev/null
sleep "${AWAY:-20}"
controller
wait $launcher
status=$?
check "slurmctld away for ${AWAY:-20} s: the sweep ends well" [ $status = 0 ]
told "and says what it waited for" "Slurm does not answer"
check "nothing was submitted twice" [ "$(jobs_of away) $(left away long)" = "1 0" ]

# sbatch that refuses once, the second of two arrays.
mkdir "$work/bin"
cat >"$work/bin/sbatch" <<WRAP
#!/bin/bash
n=\$(cat "$work/calls" 2>/dev/null || echo 0)
echo \$((n + 1)) >"$work/calls"
[ \$n != 1 ] || { echo "sbatch: error: Batch job submission failed: Resource temporarily unavailable" >&2; exit 1; }
exec $(command -v sbatch) "\$@"
WRAP
chmod +x "$work/bin/sbatch"
PATH=$work/bin:$PATH exits 0 "sbatch refusing once" launch refused d --runs-per-task 4 --array-limit 2
says "is said" "sbatch refuses: sbatch: error: Batch job submission failed"
check "and the array is submitted later" [ "$(jobs_of refused) $(left refused d)" = "2 0" ]
# An answer that is lost: the job is there though sbatch says it is not.
cat >"$work/bin/sbatch" <<WRAP
#!/bin/bash
$(PATH=${PATH#"$work/bin:"} command -v sbatch) "\$@" >/dev/null
exit 1
WRAP
PATH=$work/bin:$PATH exits 0 "an sbatch whose answer is lost" launch lost long --runs-per-task 1
check "is not submitted again" [ "$(jobs_of lost) $(left lost long) $(squeue -h --user=root | wc -l)" = "1 0 0" ]
exits 2 "an option that is none" launch x d --partion all
says "names those there are" "--partition"
exits 3 "a partition that is not there" env POLL_SECONDS=0 MOETRAIN=x MOESWEEP="$BIN/moesweep" JOBS=1 pipeline/launch/slurm.sh --partition none "$work/d.csv" "$work/none"
says "is Slurm's own word" "invalid partition"
