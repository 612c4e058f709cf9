package main

// silent keeps the systems' listeners shut: for commands that open the data without serving.
const silent = `
[grid]
dlt698_listen = ""
dlt645_listen = ""
[city]
mqtt_listen = ""
[safety.feeds]
hj212_listen = ""
gbt26875_listen = ""
mqtt_listen = ""
`

// demoPreset is the demo's configuration: the plan's clock stands in its second year, and the doors for devices take free ports, so that
// the demo starts beside anything.
const demoPreset = `
[server]
public_plan = true
level = "warn"
[clock]
start = "2015-11-20T09:30:00+08:00"
[grid]
dlt698_listen = "127.0.0.1:0"
dlt645_listen = "127.0.0.1:0"
qgdw1376_listen = "127.0.0.1:0"
dlms_listen = "127.0.0.1:0"
[city]
mqtt_listen = "127.0.0.1:0"
[certificates]
demo = true
[sharing]
samples = true
[safety.feeds]
hj212_listen = "127.0.0.1:0"
gbt26875_listen = "127.0.0.1:0"
mqtt_listen = "127.0.0.1:0"
`
