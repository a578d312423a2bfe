# What the airports observed in the hour that starts at `hour` (2013-01-01T05, UTC); a null is an empty field.
function value(name) { return $column[name] == "NA" ? "" : $column[name] }

BEGIN {
    FS = OFS = ","
    print "origin", "time_hour", "temp", "wind_speed", "precip", "visib"
}
NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
substr($column["time_hour"], 1, 13) == hour {
    print value("origin"), value("time_hour"), value("temp"), value("wind_speed"), value("precip"), value("visib")
}
