#!/usr/bin/env bash
# Runs the sbt version that project/build.properties names, with Maven Central as the only repository.
#
#   ./sbt <command>…            a JVM of its own (slow start; fails to lock while a server runs)
#   ./sbt --client <command>…   one shared background server per checkout (fast; safe for several callers)
#   ./sbt --client shutdown     stops that server
#   SBT_CLIENT=1                in the environment: as if every call had --client; for working on several things at once
#
# Needs: JDK 17, and either an installed sbt or Maven (which fetches sbt's launcher once).
# Leaves behind: the launcher in the user's cache folder, sbt's own caches, target/ folders.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(sed -n 's/^sbt\.version=//p' "$root/project/build.properties")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/chronon-native/sbt
launcher=$cache/sbt-launch-$version.jar

# The repositories file is given by its full path: the client starts the server from another working folder.
options=(
  -Xmx2g -Xss4m -XX:+UseSerialGC -Dfile.encoding=UTF-8
  -Dsbt.override.build.repos=true "-Dsbt.repository.config=$root/project/repositories"
)

# The server is this script too, and must not become a client of itself.
if [[ -n ${SBT_CLIENT:-} && ${1:-} != --client ]]; then
  set -- --client "$@"
fi
unset SBT_CLIENT

cd "$root"
installed=$(PATH=${PATH//"$root":/} command -v sbt || true)
if [[ ${1:-} != --client && -n $installed && ! $installed -ef $root/sbt ]]; then
  exec "$installed" "${options[@]/#-X/-J-X}" "$@"
fi

if [[ ! -f $launcher ]]; then
  mkdir -p "$cache"
  mvn -q -B dependency:copy -Dartifact="org.scala-sbt:sbt-launch:$version" \
    -DoutputDirectory="$cache" -Dmdep.useBaseVersion=true >&2
fi

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if [[ ${1:-} == --client ]]; then
  shift
  # sbt's client in plain Java: it starts this script again as the server when none is up.
  exec "$java" "${options[@]}" -jar "$launcher" --client "--sbt-script=$root/sbt" "$@"
fi
# shellcheck disable=SC2086 # SBT_OPTS is a list of words by convention
exec "$java" "${options[@]}" ${SBT_OPTS:-} -jar "$launcher" "$@"
