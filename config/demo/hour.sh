# One hourly task: `sh hour.sh TASK SOURCE` writes what TASK.awk makes of SOURCE for one cycle.
# Reads code, out and day (the business date, ISO) and BACKFILL_CYCLE_TIME (RFC 3339, in UTC) from the environment.
set -eu
task=$1
source=$2

# Files are named by UTC hour: on the day when clocks go back, one local hour comes twice.
case $BACKFILL_CYCLE_TIME in
    *Z | *+00:00) hour=${BACKFILL_CYCLE_TIME%%:*} ;;
    *) echo "BACKFILL_CYCLE_TIME is not in UTC: $BACKFILL_CYCLE_TIME" >&2; exit 65 ;;
esac

folder=$out/$task/$day
part=$folder/.${hour}Z.part
[ -d "$folder" ] || mkdir -p "$folder"
if ! awk -v hour="$hour" -f "$code/$task.awk" "$source" > "$part"; then
    rm -f "$part"
    exit 1
fi
mv "$part" "$folder/${hour}Z.csv"
echo "$task: wrote ${hour}Z.csv"
