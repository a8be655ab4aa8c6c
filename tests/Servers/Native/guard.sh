# Runs a server in a process group of its own and sees to it that the group ends when the test host does, however that
# ends: the pipe on standard input closes with it. A last line "keep" leaves the folder for a restart.
# usage: sh guard.sh FOLDER COMMAND...
folder=$1
shift
# A signal to the whole job (Ctrl-C, a time limit) ends the wait below and not this script, so the server still ends. A
# handler and not `ignore`, which the server would inherit.
trap : TERM INT HUP
setsid "$@" </dev/null >>"$folder/server.log" 2>&1 &
server=$!
echo "$server"
keep=
while read -r line; do keep=$line; done
kill -KILL -"$server" 2>/dev/null || kill -KILL "$server" 2>/dev/null
[ "$keep" = keep ] || rm -rf "$folder"
