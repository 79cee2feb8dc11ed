#!/bin/bash
# mixed.sh [COMMIT]: builds the programs of an older commit (the one before the cluster's protocol or
# configuration last changed) beside these, and runs a fleet that goes over from them to these.
set -euo pipefail
cd "$(dirname "$0")/.."
changed() { git log -1 --format=%H -G'Version = [0-9]+;' -- \
  src/TsDb.Adapters/Raft/ClusterPreface.cs src/TsDb.Replication/Cluster/ClusterCodec.cs; }
commit=$(git rev-parse --verify --short "${1:-$(changed)~1}^{commit}")
old=$PWD/artifacts/mixed/$commit
if [ ! -x "$old/artifacts/bin/tsdb-cloud" ]; then
  echo "building the programs of $commit: $(git log -1 --format='%ad, %s' --date=short "$commit")"
  [ -d "$old" ] || git worktree add --quiet --detach --force "$old" "$commit"
  for project in edge/TsDb.Edge cloud/TsDb.Cloud; do
    dotnet build -c Release --nologo -v minimal -clp:NoSummary -p:RunAnalyzers=false "$old/$project"
  done
  mkdir -p "$old/artifacts/bin"
  for program in tsdb-edge:TsDb.Edge tsdb-cloud:TsDb.Cloud; do
    name=${program%%:*}
    printf '#!/bin/sh\nexec dotnet "%s" "$@"\n' "$old/artifacts/bin/${program##*:}/release/$name.dll" \
      > "$old/artifacts/bin/$name"
    chmod +x "$old/artifacts/bin/$name"
  done
fi
TSDB_MIXED_OLD=$old/artifacts/bin dotnet artifacts/bin/TsDb.Integration/release/TsDb.Integration.dll --no-ansi \
  --progress off --show-live-output on --output detailed --filter-class '*MixedTests'
