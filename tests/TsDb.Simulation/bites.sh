#!/usr/bin/env bash
# Shows that the simulation bites: breaks a copy of the code in one way after the other and must see it fail.
#   bites.sh [SEEDS] [NAME...]   most seeds for each break (150), and which of mutations/NAME.patch (all)
# A patch may begin with "# seed: N", which found it before: that one is run first. A line "# plan: COPIES=2 ..."
# forces the plan of all its seeds, as with make sim.
set -uo pipefail
cd "$(dirname "$0")/../.."
seeds=${1:-150}
shift || true
copy=$(mktemp -d "${TMPDIR:-/tmp}/tsdb-bites.XXXXXX")
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"
names=("$@")
[ ${#names[@]} -gt 0 ] || names=($(cd tests/TsDb.Simulation/mutations && ls ./*.patch | sed 's|^\./||; s|\.patch$||'))
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 TSDB_SIM_FAILURES=1
# The rules of the house were checked with the code as it is.
build=(dotnet build -c Release --nologo -v q -clp:NoSummary -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false)

run() { # FIRST SEEDS
  env $plan TSDB_SIM_FIRST=$1 TSDB_SIM_SEEDS=$2 dotnet artifacts/bin/TsDb.Simulation/release/TsDb.Simulation.dll \
    --no-ansi --progress off --filter-method '*Promises_hold*' > run.log 2>&1
}

missed=0
for name in "${names[@]}"; do
  patch=$copy/tests/TsDb.Simulation/mutations/$name.patch
  known=$(sed -n '1s/^# seed: //p' "$patch")
  plan=$(sed -n 's/^# plan: //p' "$patch" | sed 's/\([A-Z]*\)=/TSDB_SIM_\1=/g')
  (
    cd "$copy" || exit 2
    rm -f run.log
    patch -s -f -p0 --dry-run < "$patch" > /dev/null && patch -s -p0 < "$patch" || exit 3
    "${build[@]}" tests/TsDb.Simulation > build.log 2>&1 || { grep -m 3 error build.log; exit 4; }
    { [ -z "$known" ] || run "$known" 1; } && run 1 "$seeds"
  )
  code=$?
  seen=$(grep -m 1 -o 'after .* s make sim SEED=.*' "$copy/run.log" 2> /dev/null)
  case $code in
    0) echo "NOT FOUND  $name within $seeds seeds"; missed=$((missed + 1)) ;;
    3) echo "BROKEN     $name: the patch does not apply"; missed=$((missed + 1)) ;;
    4) echo "BROKEN     $name: it does not build"; missed=$((missed + 1)) ;;
    *) [ -n "$seen" ] && echo "found      $name $seen" \
         || { echo "BROKEN     $name: the run ended with $code and no seed"; missed=$((missed + 1)); } ;;
  esac
  # Taken back from here, not by the patch: one that fits only roughly would leave its mark on all that follow.
  sed -n 's/^+++ //p' "$patch" | xargs cp --parents -t "$copy"
done
echo "${#names[@]} breaks, $missed not found"
[ $missed = 0 ]
