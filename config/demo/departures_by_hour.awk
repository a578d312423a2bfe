# How the flights scheduled in the hour that starts at `hour` (2013-01-01T05, UTC) left each airport; delays in minutes.
BEGIN {
    FS = OFS = ","
    print "origin", "flights", "departed", "cancelled", "dep_delay"
}
NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
substr($column["time_hour"], 1, 13) == hour {
    origin = $column["origin"]
    if (!(origin in flights)) order[++origins] = origin
    flights[origin]++
    if ($column["dep_time"] == "") cancelled[origin]++
    delay[origin] += $column["dep_delay"]
}
END {
    for (i = 1; i <= origins; i++) {
        origin = order[i]
        print origin, flights[origin], flights[origin] - cancelled[origin], cancelled[origin] + 0, delay[origin]
    }
}
