# One round of kill_ten.sh: a sweep killed at random moments ends with the identical table.
. tests/train/jobs/kill_ten.sh 1 3
