package haihe

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
	"testing"
)

// rule is one line of the table of floors of ARCHITECTURE.md.
type rule struct {
	dir   string   // folder, or pattern of folders one level deep
	floor int      // a folder imports only what stands on its own floor or lower, and of that only what `may` names
	may   []string // folders of ours that it may import
	tests []string // folders of ours that its tests may import besides
}

// floors is the table. Every line and every word of `may` must be used by something, or the test fails.
var floors = []rule{
	{dir: "lang", floor: 0},
	{dir: "errs", floor: 0, may: []string{"lang"}},
	{dir: "wire/stream", floor: 0},
	{dir: "wire/dlt698/bulk", floor: 0, may: []string{"wire/dlt698"}},
	{dir: "wire/dlt698/event", floor: 0, may: []string{"wire/dlt698", "lang"}},
	{dir: "wire/dlt698/remote", floor: 0, may: []string{"wire/dlt698", "lang"}},
	{dir: "wire/dlms/hdlc", floor: 0, may: []string{"lang"}},
	{dir: "wire/cap/tree", floor: 0, may: []string{"lang"}},
	{dir: "wire/cap", floor: 0, may: []string{"wire/cap/tree", "lang"}},
	{dir: "wire/gbt35965", floor: 0, may: []string{"wire/cap/tree", "wire/cap", "lang"}},
	{dir: "wire/*", floor: 0, may: []string{"wire/der", "wire/stream", "lang"}},
	{dir: "wire/ngsild/iri", floor: 0},
	{dir: "wire/ngsild/ngsi", floor: 0, may: []string{"wire/ngsild/iri", "errs"}},
	{dir: "wire/ngsild/jsonld", floor: 0, may: []string{"errs"}},
	{dir: "wire/ngsild/query", floor: 0, may: []string{"wire/ngsild/ngsi", "errs"}},
	{dir: "wire/ngsild/form", floor: 0, may: []string{"wire/ngsild/ngsi", "wire/ngsild/jsonld", "wire/ngsild/query", "errs"}},
	{dir: "standards", floor: 0},
	{dir: "store/sqltext", floor: 1},
	{dir: "store", floor: 1, may: []string{"store/sqltext", "errs"}},
	{dir: "store/keyset", floor: 1, may: []string{"store", "errs"}},
	{dir: "store/sqlite", floor: 1, may: []string{"store", "store/sqltext", "errs"}, tests: storage},
	{dir: "store/postgres", floor: 1, may: []string{"store", "errs"}, tests: storage},
	{dir: "store/foreign", floor: 1, may: []string{"errs"}, tests: []string{"store", "store/postgres", "store/storetest"}},
	{dir: "store/storetest", floor: 1, may: []string{"store", "store/sqlite", "store/postgres", "errs"}},
	{dir: "kernel/trust/pki", floor: 2},
	{dir: "kernel/trust/sm", floor: 2},
	{dir: "kernel/trust/batch", floor: 2, may: []string{"kernel/merkle", "kernel/trust/pki", "kernel/trust/sm"}},
	{dir: "kernel/trust/cert", floor: 2, may: []string{"kernel/trust/pki"}},
	{dir: "wire/cms", floor: 0, may: []string{"wire/der", "wire/x509"}},
	{dir: "kernel/trust/cms", floor: 2, may: []string{"kernel/trust/path", "kernel/trust/pki", "wire/cms", "wire/der", "wire/x509", "errs"}, tests: []string{"kernel/trust/cert"}},
	{dir: "kernel/trust/tsp", floor: 2, may: []string{"kernel/trust/cert", "kernel/trust/cms", "kernel/trust/path", "wire/der", "wire/tsp", "wire/x509", "errs"}, tests: []string{"kernel/trust/pki", "wire/cms"}},
	{dir: "kernel/trust/path", floor: 2, may: []string{"kernel/trust/pki", "wire/der", "wire/ocsp", "wire/x509", "lang"}},
	{dir: "kernel/trust/custody", floor: 2, may: []string{"kernel/trust/pki", "kernel/trust/sm", "errs"}},
	{dir: "kernel/trust/token", floor: 2, may: []string{"kernel/trust", "kernel/trust/pki", "errs"}, tests: append(storage, "kernel/identity", "kernel/journal")},
	{dir: "kernel/trust", floor: 2, may: []string{"kernel/trust/pki", "kernel/trust/sm", "kernel/identity", "kernel/journal", "store", "errs", "lang"}, tests: storage},
	{dir: "kernel/merkle", floor: 0, may: []string{"errs"}},
	{dir: "kernel/journal/tiles", floor: 2, may: []string{"kernel/journal", "kernel/merkle", "wire/note", "store", "errs"}, tests: storage},
	{dir: "kernel/journal/audit", floor: 2, may: []string{"kernel/journal", "kernel/merkle", "kernel/trust/cms", "kernel/trust/path", "kernel/trust/pki", "kernel/trust/tsp", "wire/note", "wire/tsp", "wire/x509", "errs", "lang"}, tests: append(storage, "kernel/journal/tiles", "kernel/trust/cert", "store")},
	{dir: "kernel/journal", floor: 2, may: []string{"store", "errs", "lang"}, tests: storage},
	{dir: "kernel/entity/geo", floor: 2, may: []string{"errs"}},
	{dir: "kernel/entity/filter", floor: 2, may: []string{"kernel/entity/geo", "wire/ngsild/*", "errs"}},
	{dir: "kernel/entity/gauge", floor: 2, may: []string{"kernel/series", "store", "errs"}, tests: storage},
	{dir: "kernel/entity/cond", floor: 2, may: []string{"wire/ngsild/*", "errs"}},
	{dir: "kernel/entity/schema", floor: 2, may: []string{"wire/ngsild/*", "errs", "lang"}},
	{dir: "kernel/entity/memory", floor: 2},
	{dir: "kernel/entity/combine", floor: 2, may: []string{"errs"}},
	{dir: "kernel/entity/names", floor: 2, may: []string{"store", "errs"}},
	{dir: "kernel/entity/census", floor: 2, may: []string{"kernel/entity/names", "wire/ngsild/*", "store", "errs"}},
	{dir: "kernel/entity/walk", floor: 2, may: []string{"kernel/entity/census", "kernel/entity/cond", "kernel/entity/filter", "kernel/entity/names", "wire/ngsild/*", "store", "errs"}},
	{dir: "kernel/entity/index", floor: 2, may: []string{"kernel/entity/names", "kernel/entity/walk", "wire/ngsild/*", "store", "errs"}},
	{dir: "kernel/entity/past", floor: 2, may: []string{"kernel/entity/names", "kernel/entity/walk", "wire/ngsild/*", "store", "errs"}},
	{dir: "kernel/entity/feed", floor: 2},
	{dir: "kernel/entity", floor: 2, may: []string{"kernel/entity/*", "kernel/series", "wire/ngsild/*", "store", "errs"}, tests: storage},
	{dir: "kernel/entity/temporal/aggregate", floor: 2, may: []string{"wire/ngsild/*", "errs"}},
	{dir: "kernel/entity/temporal/ident", floor: 2},
	{dir: "kernel/entity/temporal/span", floor: 2, may: []string{"wire/ngsild/*"}},
	{dir: "kernel/entity/temporal", floor: 2, may: []string{"kernel/entity/temporal/*", "kernel/entity", "kernel/entity/filter", "kernel/entity/gauge", "wire/ngsild/*", "store", "errs"}, tests: append(storage, "kernel/series")},
	{dir: "kernel/subscription", floor: 2, may: []string{"kernel/entity", "kernel/entity/filter", "wire/ngsild/*", "store", "errs"}, tests: storage},
	{dir: "kernel/series/chunk", floor: 2},
	{dir: "kernel/series", floor: 2, may: []string{"kernel/series/chunk", "store", "errs"}, tests: []string{"store/storetest", "store/sqlite"}},
	{dir: "kernel/rule/cel", floor: 2, may: []string{"errs"}},
	{dir: "kernel/rule/intake", floor: 2, may: []string{"kernel/rule", "kernel/series", "store", "errs"}, tests: append(storage, "kernel/journal", "lang")},
	{dir: "kernel/rule", floor: 2, may: []string{"kernel/rule/cel", "kernel/identity", "kernel/journal", "store", "errs", "lang"}, tests: storage},
	{dir: "kernel/casework/notice", floor: 2, may: []string{"store/keyset", "kernel/identity", "kernel/journal", "store", "errs", "lang"}, tests: storage},
	{dir: "kernel/casework/alarm", floor: 2, may: []string{"kernel/identity", "kernel/journal", "kernel/rule", "store", "errs", "lang"}, tests: storage},
	{dir: "kernel/casework", floor: 2, may: []string{"kernel/casework/*", "kernel/identity", "kernel/journal", "store", "errs", "lang"}, tests: storage},
	{dir: "kernel/region", floor: 2, may: []string{"lang"}},
	{dir: "kernel/identity/passkey", floor: 2, may: []string{"kernel/identity", "kernel/journal", "store", "errs"}, tests: append(storage, "lang")},
	{dir: "kernel/identity/holder", floor: 2, may: []string{"kernel/identity", "kernel/journal", "store", "errs"}, tests: storage},
	{dir: "kernel/identity/throttle", floor: 2},
	{dir: "kernel/identity", floor: 2, may: []string{"kernel/identity/throttle", "kernel/journal", "store", "errs", "lang"}, tests: storage},
	{dir: "kernel/calendar", floor: 2, may: []string{"kernel/identity", "kernel/journal", "store", "errs", "lang"}, tests: storage},
	{dir: "kernel/indicator", floor: 2, may: []string{"kernel/identity", "kernel/journal", "store", "errs", "lang"}, tests: storage},
	{dir: "web/static", floor: 3},
	{dir: "web/ui/draw", floor: 3, may: []string{"web/static", "lang"}},
	{dir: "web/ui", floor: 3, may: []string{"web/ui/draw", "lang"}, tests: []string{"web/static"}},
	{dir: "web/sheet/parquet", floor: 3},
	{dir: "web/sheet", floor: 3, may: []string{"web/sheet/parquet"}},
	{dir: "web/live", floor: 3, may: []string{"web/ui"}, tests: []string{"lang"}},
	{dir: "web/packed", floor: 3},
	{dir: "web/language", floor: 3, may: []string{"lang"}},
	{dir: "web/account", floor: 3, may: []string{"web/ui", "kernel/identity", "lang"}},
	{dir: "web", floor: 3, may: []string{"web/language", "web/account", "web/live", "web/packed", "web/sheet", "web/static", "web/ui", "kernel/identity", "kernel/journal", "store", "errs", "lang"}, tests: storage},
	{dir: "web/certlogin", floor: 3, may: []string{"web", "web/ui", "kernel/identity", "kernel/identity/holder", "store", "errs", "lang"}, tests: append(storage, "kernel/journal")},
	{dir: "web/passkeys", floor: 3, may: []string{"web", "web/ui", "kernel/identity", "kernel/identity/passkey", "errs", "lang"}},
	{dir: "host/door", floor: 3, may: []string{"host", "errs", "lang"}},
	{dir: "host/refused", floor: 3, may: []string{"store", "lang"}, tests: storage},
	{dir: "host/config", floor: 3, may: []string{"errs", "lang"}},
	{dir: "host/channel", floor: 3, may: []string{"kernel/casework/notice", "ngsild/subscribe/mqtt", "errs"}},
	{dir: "host/intake", floor: 3, may: []string{"web", "web/ui", "kernel/identity", "errs", "lang"}},
	{dir: "host", floor: 3, may: []string{"host/intake", "host/channel", "host/config", "web", "web/certlogin", "web/passkeys", "web/ui", "kernel/identity/holder", "kernel/identity/passkey", "kernel/*", "kernel/entity/gauge", "kernel/casework/*", "store", "errs", "lang"}, tests: []string{"store/storetest", "host/hosttest"}},
	{dir: "host/hosttest", floor: 3, may: []string{"host", "web", "web/ui", "kernel/*", "plans/*", "store", "store/storetest", "errs", "lang"}},
	{dir: "ngsild/exchange", floor: 3, may: []string{"kernel/identity", "wire/ngsild/*", "errs", "lang"}},
	{dir: "ngsild/subscribe/mqtt", floor: 3, may: []string{"errs"}},
	{dir: "ngsild/subscribe", floor: 3, may: []string{"ngsild/subscribe/mqtt", "ngsild/exchange", "kernel/subscription", "kernel/entity", "kernel/entity/filter", "wire/ngsild/*", "store", "errs", "lang"}, tests: storage},
	{dir: "ngsild/*", floor: 3, may: []string{"ngsild/exchange", "ngsild/patch", "kernel/*", "kernel/entity/*", "wire/ngsild/*", "store", "errs", "lang"}, tests: storage},
	{dir: "ngsild", floor: 3, may: []string{"ngsild/*", "kernel/*", "store", "errs", "lang"}, tests: storage},
	{dir: "host/broker", floor: 3, may: []string{"kernel/identity", "errs"}},
	{dir: "plans/*", floor: 3, may: []string{"kernel/indicator", "kernel/identity", "errs", "lang"}},
	{dir: "simulate/grid/relay", floor: 4, may: []string{"wire/*", "wire/dlt698/remote"}},
	{dir: "simulate/grid/foreign", floor: 4, may: []string{"wire/dlms/hdlc", "simulate/grid/relay", "wire/*"}},
	{dir: "simulate/grid/shape", floor: 4},
	{dir: "simulate/grid/town", floor: 4, may: []string{"simulate/grid/shape", "errs"}},
	{dir: "simulate/grid/curtail", floor: 4, may: []string{"simulate/grid/town"}},
	{dir: "simulate/grid/fault", floor: 4, may: []string{"simulate/grid/town", "errs", "lang"}},
	{dir: "simulate/grid/judge", floor: 4, may: []string{"simulate/grid/fault", "simulate/grid/town", "errs"}},
	{dir: "simulate/safety/site", floor: 4, may: []string{"simulate/grid/town", "errs", "lang"}},
	{dir: "simulate/safety/fault", floor: 4, may: []string{"simulate/grid/town", "simulate/safety/site", "errs", "lang"}},
	{dir: "simulate/safety/judge", floor: 4, may: []string{"simulate/safety/fault", "errs"}},
	{dir: "simulate/*", floor: 4, may: []string{"simulate/grid/fault", "simulate/grid/foreign", "simulate/grid/relay", "simulate/grid/town", "simulate/safety/fault", "simulate/safety/site", "wire/*", "wire/dlt698/event", "errs"}},
	{dir: "systems/grid/book/piece", floor: 4},
	{dir: "systems/grid/book", floor: 4, may: []string{"systems/grid/book/piece", "kernel/region", "kernel/series", "errs", "lang"}},
	{dir: "systems/grid/shelf", floor: 4, may: []string{"systems/grid/book", "kernel/entity", "store", "errs"}, tests: append(storage, "kernel/region")},
	{dir: "systems/grid/headend/deed", floor: 4, may: []string{"wire/*", "wire/dlt698/remote", "errs"}},
	{dir: "systems/grid/headend/line", floor: 4, may: []string{"wire/dlms/hdlc", "errs"}},
	{dir: "systems/grid/headend/supply", floor: 4, may: []string{"systems/grid/book", "wire/dlt645", "errs", "lang"}},
	{dir: "systems/grid/headend/secret", floor: 4, may: []string{"errs"}},
	{dir: "systems/grid/headend/mqtt", floor: 4, may: []string{"systems/grid/book", "systems/grid/headend", "systems/grid/headend/secret", "host", "host/broker", "kernel/identity", "kernel/series", "wire/dlt698", "errs", "lang"}},
	{dir: "systems/grid/headend/budget", floor: 4},
	{dir: "systems/grid/headend", floor: 4, may: []string{"host/refused", "host/door", "systems/grid/headend/line", "systems/grid/headend/supply", "systems/grid/headend/secret", "wire/dlms/hdlc", "systems/grid/book", "systems/grid/headend/budget", "systems/grid/headend/deed", "host", "kernel/series", "wire/*", "wire/dlt698/bulk", "wire/dlt698/event", "errs", "lang"}},
	{dir: "systems/grid/interval", floor: 4, may: []string{"systems/grid/book", "host/intake", "kernel/*", "store", "wire/*", "errs", "lang"}},
	{dir: "systems/grid/ledger", floor: 4, may: []string{"systems/grid/book", "kernel/region", "kernel/series", "store", "errs"}, tests: storage},
	{dir: "systems/grid/customer/usage", floor: 4, may: []string{"systems/grid/book", "kernel/series", "errs"}},
	{dir: "systems/grid/customer", floor: 4, may: []string{"systems/grid/book", "systems/grid/customer/usage", "systems/grid/outage", "systems/grid/outage/index", "systems/grid/outage/list", "systems/grid/vee/rule", "host", "host/intake", "web", "web/sheet", "web/ui", "kernel/*", "store", "wire/espi", "errs", "lang"}},
	{dir: "systems/grid/forecast/model", floor: 4, may: []string{"kernel/calendar"}, tests: []string{"simulate/*"}},
	{dir: "systems/grid/forecast", floor: 4, may: []string{"systems/grid/book", "systems/grid/forecast/model", "host", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}, tests: storage},
	{dir: "systems/grid/response/baseline", floor: 4},
	{dir: "systems/grid/response/rule", floor: 4},
	{dir: "systems/grid/response/record", floor: 4, may: []string{"systems/grid/book", "systems/grid/response/baseline", "store", "errs", "lang"}},
	{dir: "systems/grid/response/peak", floor: 4, may: []string{"store/keyset", "systems/grid/book", "host", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}, tests: storage},
	{dir: "systems/grid/response", floor: 4, may: []string{"store/keyset", "systems/grid/book", "systems/grid/response/*", "host", "host/intake", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/grid/loss/evidence", floor: 4, tests: []string{"simulate/*"}},
	{dir: "systems/grid/loss/supply", floor: 4, may: []string{"systems/grid/book", "errs"}},
	{dir: "systems/grid/loss", floor: 4, may: []string{"systems/grid/book", "systems/grid/loss/*", "host", "host/intake", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/grid/order", floor: 4, may: []string{"systems/grid/book", "systems/grid/headend/deed", "host", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/grid/outage/index", floor: 4},
	{dir: "systems/grid/outage/join", floor: 4, may: []string{"systems/grid/book", "systems/grid/outage/index", "lang"}},
	{dir: "systems/grid/outage/list", floor: 4, may: []string{"systems/grid/book", "systems/grid/outage/index", "errs"}},
	{dir: "systems/grid/outage", floor: 4, may: []string{"systems/grid/book", "systems/grid/outage/*", "host", "host/intake", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/grid/vee/late", floor: 4, may: []string{"systems/grid/book", "store", "errs"}},
	{dir: "systems/grid/vee/rule", floor: 4, may: []string{"systems/grid/book", "kernel/series", "errs", "lang"}},
	{dir: "systems/grid/vee", floor: 4, may: []string{"systems/grid/book", "systems/grid/ledger", "systems/grid/vee/late", "systems/grid/vee/rule", "host", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}, tests: storage},
	{dir: "systems/grid/reread", floor: 4, may: []string{"systems/grid/book", "systems/grid/headend", "systems/grid/ledger", "host", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/grid/pages", floor: 4, may: []string{"host/refused", "systems/grid/customer", "systems/grid/book", "systems/grid/headend", "systems/grid/interval", "systems/grid/ledger", "systems/grid/order", "systems/grid/loss", "systems/grid/outage", "systems/grid/reread", "systems/grid/vee", "host", "web", "web/live", "web/sheet", "web/ui", "kernel/*", "wire/*", "errs", "lang"}},
	{dir: "systems/grid", floor: 4, may: []string{"host/refused", "systems/grid/headend/mqtt", "systems/grid/headend/secret", "systems/grid/customer", "systems/grid/book", "systems/grid/headend", "systems/grid/interval", "systems/grid/ledger", "systems/grid/order", "systems/grid/pages", "systems/grid/reread", "systems/grid/shelf", "systems/grid/forecast", "systems/grid/response", "systems/grid/response/peak", "systems/grid/loss", "systems/grid/vee", "systems/grid/outage", "systems/grid/outage/join", "host", "host/intake", "web", "kernel/*", "store", "errs", "lang"}, tests: []string{"wire/dlms/hdlc", "host/hosttest", "simulate/*", "simulate/grid/fault", "simulate/grid/judge", "simulate/grid/foreign", "simulate/grid/relay", "simulate/grid/curtail", "simulate/grid/relay", "simulate/grid/town", "wire/*", "systems/grid/vee/rule", "systems/plan", "wire/dlt698/event"}},
	{dir: "systems/duty/alarms", floor: 4, may: []string{"host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/*", "errs", "lang"}},
	{dir: "systems/duty/cases", floor: 4, may: []string{"host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/*", "store", "errs", "lang"}},
	{dir: "systems/duty/notices", floor: 4, may: []string{"host", "host/channel", "store", "web/static", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/notice", "errs", "lang"}},
	{dir: "systems/duty/performance", floor: 4, may: []string{"host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/*", "errs", "lang"}},
	{dir: "systems/duty/rules", floor: 4, may: []string{"host", "web", "web/ui", "kernel/*", "errs", "lang"}},
	{dir: "systems/duty", floor: 4, may: []string{"systems/duty/alarms", "systems/duty/cases", "systems/duty/notices", "systems/duty/performance", "systems/duty/rules", "host", "web", "web/ui", "kernel/*", "kernel/casework/*", "store", "lang"}, tests: []string{"host/hosttest"}},
	{dir: "systems/emergency/page", floor: 4, may: []string{"web/ui", "lang"}},
	{dir: "systems/emergency/situation/plume", floor: 4, may: []string{"errs", "lang"}},
	{dir: "systems/emergency/warning/reach", floor: 4, may: []string{"kernel/region", "systems/emergency/situation/area", "kernel/entity/geo", "errs", "lang"}},
	{dir: "systems/emergency/warning/served", floor: 4},
	{dir: "systems/emergency/warning/inbound", floor: 4, may: []string{"wire/*"}},
	{dir: "systems/emergency/warning", floor: 4, may: []string{"store/keyset", "systems/emergency/warning/served", "systems/emergency/warning/inbound", "systems/emergency/warning/reach", "systems/emergency/situation/area", "systems/emergency/page", "host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/notice", "store", "wire/*", "errs", "lang"}, tests: storage},
	{dir: "systems/emergency/situation/area", floor: 4, may: []string{"kernel/region", "web/static", "errs", "lang"}},
	{dir: "systems/emergency/incident/event", floor: 4, may: []string{"lang"}},
	{dir: "systems/emergency/incident/door", floor: 4, may: []string{"errs"}},
	{dir: "systems/emergency/incident", floor: 4, may: []string{"systems/emergency/incident/*", "systems/emergency/page", "systems/emergency/situation/area", "systems/emergency/situation/plume", "host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/alarm", "store", "errs", "lang"}},
	{dir: "systems/emergency/plan/resource", floor: 4, may: []string{"systems/emergency/incident", "systems/emergency/page", "systems/emergency/situation/area", "host", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/emergency/plan", floor: 4, may: []string{"systems/emergency/incident/event", "systems/emergency/incident", "systems/emergency/page", "systems/emergency/plan/resource", "host", "web", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/emergency/dispatch", floor: 4, may: []string{"systems/emergency/incident", "systems/emergency/page", "host", "web", "web/ui", "kernel/*", "kernel/casework/notice", "store", "errs", "lang"}},
	{dir: "systems/emergency/situation", floor: 4, may: []string{"systems/emergency/incident", "systems/emergency/page", "systems/emergency/plan/resource", "systems/emergency/situation/*", "host", "web", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/emergency/shift", floor: 4, may: []string{"systems/emergency/incident", "systems/emergency/page", "host", "web", "web/ui", "kernel/*", "kernel/casework/notice", "store", "errs", "lang"}},
	{dir: "systems/emergency/tie", floor: 4, may: []string{"systems/emergency/incident", "systems/emergency/page", "systems/emergency/warning", "host", "web", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/emergency/report", floor: 4, may: []string{"systems/emergency/tie", "systems/emergency/warning", "systems/emergency/incident/event", "systems/emergency/dispatch", "systems/emergency/incident", "systems/emergency/page", "systems/emergency/plan", "host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/*", "errs", "lang"}},
	{dir: "systems/emergency", floor: 4, may: []string{"systems/emergency/*", "systems/emergency/plan/resource", "systems/emergency/situation/area", "host", "web", "kernel/*", "lang"}, tests: []string{"host/hosttest", "kernel/casework/alarm", "store"}},
	{dir: "systems/safety/early/model", floor: 4},
	{dir: "systems/safety/early", floor: 4, may: []string{"systems/safety/early/model", "systems/safety/register", "host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/alarm", "store", "errs", "lang"}, tests: []string{"store/storetest"}},
	{dir: "systems/safety/inspect", floor: 4, may: []string{"store/keyset", "systems/safety/hazard", "systems/safety/register", "host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/alarm", "store", "errs", "lang"}, tests: []string{"store/storetest"}},
	{dir: "systems/safety/hazard", floor: 4, may: []string{"lang"}},
	{dir: "systems/safety/register", floor: 4, may: []string{"kernel/*", "store", "errs", "lang"}},
	{dir: "systems/safety/register/file", floor: 4, may: []string{"systems/safety/register", "host/intake", "web/sheet", "kernel/rule", "errs", "lang"}},
	{dir: "systems/safety/live", floor: 4, may: []string{"systems/safety/register", "kernel/*", "kernel/casework/*", "lang"}},
	{dir: "systems/safety/pages", floor: 4, may: []string{"systems/safety/early", "systems/safety/inspect", "systems/safety/hazard", "systems/safety/live", "systems/safety/register", "systems/safety/register/file", "host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/casework/*", "errs", "lang"}},
	{dir: "systems/safety/feed/gate", floor: 4, may: []string{"host/refused", "host/door", "systems/safety/register", "kernel/*", "kernel/casework/alarm", "lang"}},
	{dir: "systems/safety/feed/hj", floor: 4, may: []string{"host/door", "systems/safety/feed/gate", "systems/safety/register", "kernel/rule", "wire/hj212", "errs", "lang"}},
	{dir: "systems/safety/feed/fire", floor: 4, may: []string{"host/door", "systems/safety/feed/gate", "systems/safety/register", "kernel/rule", "kernel/casework/alarm", "wire/gbt26875", "errs", "lang"}},
	{dir: "systems/safety/feed/poll", floor: 4, may: []string{"systems/safety/feed/gate", "systems/safety/register", "host", "kernel/rule", "wire/modbus", "errs", "lang"}},
	{dir: "systems/safety/feed/opcua", floor: 4, may: []string{"systems/safety/feed/gate", "systems/safety/register", "host", "kernel/rule", "errs", "lang"}},
	{dir: "systems/safety/feed/mqtt", floor: 4, may: []string{"systems/safety/feed/gate", "systems/safety/register", "host", "host/broker", "kernel/*", "errs", "lang"}},
	{dir: "systems/safety/feed", floor: 4, may: []string{"host/refused", "systems/safety/feed/*", "systems/safety/register", "host", "web", "web/ui", "wire/*", "errs", "lang"}},
	{dir: "systems/safety", floor: 4, may: []string{"web", "web/ui", "systems/safety/feed", "systems/safety/inspect", "systems/safety/feed/gate", "systems/safety/early", "systems/safety/live", "systems/safety/pages", "systems/safety/register", "systems/safety/register/file", "host", "host/intake", "kernel/*", "kernel/casework/*", "kernel/rule/*", "store", "errs", "lang"}, tests: []string{"host/hosttest", "systems/plan", "wire/*"}},
	{dir: "systems/certificates/ca", floor: 4, may: []string{"kernel/*", "kernel/journal/tiles", "kernel/trust/*", "store", "store/keyset", "errs", "lang"}, tests: storage},
	{dir: "systems/certificates/ending", floor: 4, may: []string{"kernel/*", "kernel/casework/*", "store", "errs", "lang"}, tests: append(storage, "kernel/journal/tiles", "kernel/trust/*", "systems/certificates/ca", "systems/certificates/register")},
	{dir: "systems/certificates/est", floor: 4, may: []string{"systems/certificates/ca", "web", "web/ui", "kernel/*", "kernel/trust/*", "wire/cms", "store", "errs", "lang"}, tests: append(storage, "kernel/journal/tiles")},
	{dir: "systems/certificates/logs", floor: 4, may: []string{"systems/certificates/ca", "kernel/identity", "kernel/journal/tiles", "kernel/trust/cert", "wire/note", "errs"}, tests: append(storage, "kernel/journal", "kernel/journal/audit", "kernel/trust", "kernel/trust/pki", "store", "systems/certificates/status")},
	{dir: "systems/certificates/seal", floor: 4, may: []string{"systems/certificates/ca", "kernel/identity/throttle", "web", "web/ui", "kernel/*", "kernel/trust/*", "store", "wire/*", "errs", "lang"}, tests: append(storage, "kernel/journal/tiles")},
	{dir: "systems/certificates/acme", floor: 4, may: []string{"systems/certificates/ca", "host", "web", "web/ui", "kernel/*", "kernel/trust/*", "store", "errs", "lang"}, tests: append(storage, "kernel/journal/tiles")},
	{dir: "systems/certificates/register", floor: 4, may: []string{"systems/certificates/ca", "kernel/*", "kernel/trust/*", "store", "store/keyset", "errs", "lang"}, tests: append(storage, "kernel/journal/tiles")},
	{dir: "systems/certificates/bulk", floor: 4, may: []string{"systems/certificates/ca", "systems/certificates/register", "web/sheet", "kernel/*", "kernel/trust/*", "store", "store/keyset", "errs", "lang"}, tests: append(storage, "kernel/journal/tiles")},
	{dir: "systems/certificates/status", floor: 4, may: []string{"systems/certificates/ca", "host", "web", "kernel/trust/*", "wire/*", "store", "errs"}, tests: append(storage, "kernel/*", "kernel/journal/tiles")},
	{dir: "systems/certificates/pages", floor: 4, may: []string{"systems/certificates/*", "host", "web", "web/sheet", "web/ui", "kernel/*", "kernel/trust/*", "errs", "lang"}},
	{dir: "systems/certificates", floor: 4, may: []string{"systems/certificates/*", "host", "web", "kernel/*", "kernel/journal/tiles", "kernel/trust/*", "wire/*", "errs", "lang"}, tests: []string{"host/hosttest"}},
	{dir: "systems/sharing/call", floor: 4, may: []string{"store", "lang"}},
	{dir: "systems/sharing/mask", floor: 4, may: []string{"lang"}},
	{dir: "systems/sharing/policy", floor: 4, may: []string{"errs", "lang"}},
	{dir: "systems/sharing/fresh", floor: 4, may: []string{"store", "errs"}, tests: storage},
	{dir: "systems/sharing/source", floor: 4, may: []string{"systems/sharing/policy", "kernel/*", "store", "store/foreign", "errs", "lang"}, tests: []string{"store/postgres", "store/storetest"}},
	{dir: "systems/sharing/catalogue", floor: 4, may: []string{"systems/sharing/*", "host/intake", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/sharing/apply", floor: 4, may: []string{"systems/sharing/*", "web", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/sharing/serve", floor: 4, may: []string{"systems/sharing/*", "web", "web/sheet", "kernel/*", "store", "errs", "lang"}, tests: storage},
	{dir: "systems/sharing/overview", floor: 4, may: []string{"systems/sharing/*", "host", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}},
	{dir: "systems/sharing/page", floor: 4, may: []string{"web/ui", "lang"}},
	{dir: "systems/sharing/member", floor: 4, may: []string{"kernel/*", "kernel/trust/*", "store", "errs", "lang"}},
	{dir: "systems/sharing/message", floor: 4, may: []string{"kernel/trust/*", "wire/*", "errs"}},
	{dir: "systems/sharing/record", floor: 4, may: []string{"systems/sharing/member", "systems/sharing/message", "kernel/journal/tiles", "kernel/*", "kernel/trust/*", "store", "wire/*", "errs"}},
	{dir: "systems/sharing/exchange", floor: 4, may: []string{"systems/sharing/call", "systems/sharing/member", "systems/sharing/message", "systems/sharing/record", "store", "errs"}},
	{dir: "systems/sharing/link", floor: 4, may: []string{"store", "errs"}, tests: storage},
	{dir: "systems/sharing/node", floor: 4, may: []string{"systems/sharing/*", "kernel/*", "kernel/journal/tiles", "kernel/trust/*", "store", "wire/*", "errs", "lang"}, tests: append(storage, "store/sqlite", "store/postgres")},
	{dir: "systems/sharing/stamp", floor: 4, may: []string{"systems/sharing/record", "kernel/trust/*", "wire/*"}},
	{dir: "systems/sharing/admin", floor: 4, may: []string{"systems/sharing/*", "web", "web/ui", "kernel/*", "errs", "lang"}},
	{dir: "systems/sharing", floor: 4, may: []string{"systems/sharing/*", "host", "host/intake", "web", "kernel/*", "kernel/casework/alarm", "kernel/trust/tsp", "store", "wire/*", "errs", "lang"}, tests: []string{"host/hosttest"}},
	{dir: "systems/seal", floor: 4, may: []string{"host", "web", "web/ui", "kernel/*", "kernel/journal/audit", "kernel/journal/tiles", "kernel/trust/path", "kernel/trust/pki", "kernel/trust/tsp", "wire/note", "wire/x509", "errs", "lang"}, tests: []string{"host/hosttest", "kernel/trust/cert", "store"}},
	{dir: "systems/city", floor: 4, may: []string{"host", "host/broker", "web", "web/ui", "web/sheet", "ngsild", "ngsild/*", "kernel/*", "kernel/entity/*", "wire/ngsild/*", "store", "errs", "lang"}, tests: []string{"host/hosttest"}},
	{dir: "systems/*", floor: 4, may: []string{"host", "web", "web/sheet", "web/ui", "kernel/*", "store", "errs", "lang"}, tests: []string{"host/hosttest"}},
	{dir: "systems", floor: 5, may: []string{"systems/*", "host"}, tests: []string{"host/hosttest", "plans/*"}},
	{dir: "cmd/haihe/cli", floor: 6, may: []string{"errs", "lang"}},
	{dir: "cmd/haihe/verify", floor: 6, may: []string{"cmd/haihe/cli", "kernel/journal/audit", "wire/note", "errs", "lang"}},
	{dir: "cmd/haihe/exchange", floor: 6, may: []string{"cmd/haihe/cli", "kernel/trust/tsp", "systems/sharing/record", "systems/sharing/stamp", "errs", "lang"}},
	{dir: "cmd/haihe/certcheck", floor: 6, may: []string{"kernel/trust/path", "wire/der", "wire/ocsp", "wire/x509", "errs", "lang"}, tests: []string{"kernel/trust/cert", "kernel/trust/pki"}},
	{dir: "cmd/haihe/ca", floor: 6, may: []string{"cmd/haihe/cli", "kernel/trust/cert", "kernel/trust/custody", "kernel/trust/pki", "kernel/trust/sm", "errs", "lang"},
		tests: append(storage, "kernel/identity", "kernel/journal", "kernel/journal/tiles", "kernel/trust", "systems/certificates/ca")},
	{dir: "cmd/haihe", floor: 6, may: []string{
		"systems", "systems/sharing/*", "host", "host/intake", "kernel/*", "kernel/trust/token", "kernel/journal/tiles", "wire/note", "cmd/haihe/cli", "cmd/haihe/verify", "cmd/haihe/exchange", "cmd/haihe/certcheck", "cmd/haihe/ca", "plans/*", "simulate/*", "simulate/grid/fault", "simulate/grid/judge", "simulate/safety/fault", "simulate/safety/judge", "simulate/safety/site", "store", "store/sqlite", "store/postgres", "errs", "lang"}},
	{dir: "e2e", floor: 7},
	{dir: "bench", floor: 7},
	{dir: "bench/*", floor: 7},
	{dir: ".", floor: 7},
}

// storage is what a test needs that wants a database.
var storage = []string{"store/storetest"}

// plain names the folders that hold no code: what Go does not see stands beside the floors.
var plain = []string{"docs", "standards", "plans", "cmd", "kernel", "wire", "simulate", "store", "web", "host", "systems", "ngsild", "e2e", "bench"}

// packages says who may import which package from outside. A module or a package of the standard library under a key here is
// closed to everybody else; a module that stands nowhere here is closed to all.
var packages = map[string][]string{
	"database/sql":                          {"store", "store/*"},
	"log":                                   {},
	"html/template":                         {},
	"text/template":                         {},
	"flag":                                  {"cmd/haihe/cli", "cmd/haihe/certcheck"},
	"os/exec":                               {"store/storetest"},
	"embed":                                 nil, // nil: everybody
	"cel.dev/cel-go":                        {"kernel/rule/cel"},
	"github.com/BurntSushi/toml":            {"host/config"},
	"github.com/a-h/templ":                  {"web/ui"},
	"github.com/emmansun/gmsm":              {"kernel/trust/*"},
	"github.com/cedar-policy/cedar-go":      {"systems/sharing/policy"},
	"github.com/eclipse/paho.golang":        {"ngsild/subscribe/mqtt"},
	"github.com/eclipse/paho.mqtt.golang":   {"ngsild/subscribe/mqtt"},
	"github.com/go-webauthn/webauthn":       {"kernel/identity/passkey"},
	"github.com/goccy/go-yaml":              {"plans/*"},
	"github.com/gopcua/opcua":               {"systems/safety/feed/opcua"},
	"github.com/jackc/pgx/v5":               {"store/postgres", "store/foreign"},
	"github.com/miekg/pkcs11":               {"kernel/trust/token"},
	"github.com/mochi-mqtt/server":          {"host/broker"},
	"github.com/prometheus/client_golang":   {"host"},
	"github.com/santhosh-tekuri/jsonschema": {"kernel/entity/schema"},
	"golang.org/x/crypto":                   {"kernel/identity", "kernel/trust/custody"},
	"golang.org/x/term":                     {"cmd/haihe/cli"},
	"golang.org/x/text":                     {"web/language", "kernel/*", "kernel/entity/*", "kernel/trust/custody", "systems/safety/feed/fire"},
	"modernc.org/sqlite":                    {"store/sqlite"},
}

// testOnly are modules that tests may use besides.
var testOnly = []string{"github.com/chromedp/chromedp", "github.com/chromedp/cdproto", "golang.org/x/net", "golang.org/x/mod", "github.com/piprate/json-gold"}

// pure lists what a codec must not touch: bytes to values and back, no I/O, no clock, no log.
var pure = []string{"net", "net/http", "os", "log/slog", "context", "database/sql", "io/fs", "crypto/rand", "math/rand", "math/rand/v2"}

func TestFloors(t *testing.T) {
	faults, used := check(sources(t))
	for _, f := range faults {
		t.Error(f)
	}
	_, shown := guide(t)
	for name, text := range shown { // the guide's system uses rules that wait for a new system
		if strings.HasSuffix(name, ".go") {
			s, err := parse(name, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			_, more := check([]*source{s})
			maps.Copy(used, more)
		}
	}
	for _, u := range unused(used) {
		t.Error(u)
	}
	for _, d := range tree().dirs {
		if d != "." && ruleOf(d) == nil && !slices.Contains(plain, strings.Split(d, "/")[0]) {
			t.Errorf("%s stands on no floor: give it a line in arch_test.go and in ARCHITECTURE.md", d)
		}
	}
	for _, r := range floors {
		for _, m := range r.may {
			for _, l := range floors {
				if (l.dir == m || matches(m, l.dir)) && l.floor > r.floor {
					t.Errorf("the table lets %s (floor %d) import %s (floor %d), which does not stand lower", r.dir, r.floor, l.dir, l.floor)
				}
			}
		}
	}
}

// check holds files to the tables and tells which lines of them were used.
func check(files []*source) (faults []string, used map[string]bool) {
	used = map[string]bool{}
	for _, f := range files {
		r := ruleOf(f.dir)
		if r == nil {
			faults = append(faults, fmt.Sprintf("%s: the folder %s stands on no floor", f.path, f.dir))
			continue
		}
		used["dir "+r.dir] = true
		for _, imp := range f.imports() {
			if fault := checkImport(f, r, imp, used); fault != "" {
				faults = append(faults, fault)
			}
		}
		faults = append(faults, checkCalls(f)...)
	}
	sort.Strings(faults)
	return faults, used
}

func checkImport(f *source, r *rule, imp string, used map[string]bool) string {
	if ours, ok := strings.CutPrefix(imp, module); ok {
		return checkOurs(f, r, strings.TrimPrefix(ours, "/"), used)
	}
	if !f.test && strings.HasPrefix(f.dir, "wire/") && slices.Contains(pure, imp) {
		return fmt.Sprintf("%s imports %q: a codec turns bytes into values and touches nothing else", f.path, imp)
	}
	if f.test && (r.floor == 7 || slices.ContainsFunc(testOnly, func(m string) bool { return within(imp, m) })) {
		return ""
	}
	key, known := "", false
	for k := range packages {
		if within(imp, k) && len(k) > len(key) {
			key, known = k, true
		}
	}
	if key == "log" && imp != "log" { // log/slog is the log
		return ""
	}
	if !known {
		if strings.Contains(strings.Split(imp, "/")[0], ".") {
			return fmt.Sprintf("%s imports %q: a module that no line of arch_test.go admits", f.path, imp)
		}
		return ""
	}
	who := packages[key]
	if who == nil {
		return ""
	}
	if i := slices.IndexFunc(who, func(p string) bool { return matches(p, f.dir) }); i >= 0 {
		used["package "+key+" "+who[i]] = true
		return ""
	}
	if f.test && key != "log" {
		return ""
	}
	return fmt.Sprintf("%s imports %q: only %v may", f.path, imp, who)
}

func checkOurs(f *source, r *rule, imp string, used map[string]bool) string {
	if imp == f.dir && f.test {
		return ""
	}
	if r.floor == 7 { // whole-program stories and benchmarks stand above everything
		return ""
	}
	if i := slices.IndexFunc(r.may, func(p string) bool { return matches(p, imp) }); i >= 0 {
		used["may "+r.dir+" "+r.may[i]] = true
		return ""
	}
	if i := slices.IndexFunc(r.tests, func(p string) bool { return matches(p, imp) }); f.test && i >= 0 {
		used["tests "+r.dir+" "+r.tests[i]] = true
		return ""
	}
	return fmt.Sprintf("%s imports %q: %s (floor %d) may import %v", f.path, module+"/"+imp, r.dir, r.floor, r.may)
}

// environment are the calls that read the process's surroundings; only the program itself and tests may.
var environment = []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Exit", "UserHomeDir", "UserConfigDir"}

// readsEnvironment are the folders that may.
var readsEnvironment = []string{"cmd/haihe", "store/storetest", "host/hosttest"}

func checkCalls(f *source) (faults []string) {
	osName, timeName := f.name("os"), f.name("time")
	if f.test {
		return nil
	}
	ast.Inspect(f.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		switch {
		case osName != "" && id.Name == osName && slices.Contains(environment, sel.Sel.Name) && !slices.Contains(readsEnvironment, f.dir):
			faults = append(faults, fmt.Sprintf("%s: os.%s: only the program itself reads its surroundings", f.line(n), sel.Sel.Name))
		case timeName != "" && id.Name == timeName && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) && !clocked(f.path):
			faults = append(faults, fmt.Sprintf("%s: time.%s: take the clock that you are handed, or give a reason in arch_test.go", f.line(n), sel.Sel.Name))
		}
		return true
	})
	return faults
}

// wallClock lists the files that look at the wall clock, each with its reason.
var wallClock = map[string]string{
	"cmd/haihe/*":                 "the program hands the clock out",
	"systems/grid/headend/line/*": "deadlines of connections run by the machine's clock, not by the plan's",
	"systems/grid/headend/feed*":  "deadlines of connections run by the machine's clock, not by the plan's",
	"store/dialect.go":            "the clock of Options where the program hands none",
	"store/storetest/*":           "test support",
	"host/hosttest/*":             "test support",
}

func clocked(file string) bool {
	for p := range wallClock {
		if ok, _ := path.Match(p, file); ok {
			return true
		}
	}
	return false
}

// unused names the lines of the tables that nothing needs.
func unused(used map[string]bool) (out []string) {
	miss := func(key, say string) {
		if !used[key] {
			out = append(out, say+": the rule is used by nothing; take it out")
		}
	}
	for _, r := range floors {
		if r.floor == 7 {
			continue
		}
		miss("dir "+r.dir, "floor "+r.dir)
		for _, m := range r.may {
			miss("may "+r.dir+" "+m, r.dir+" may import "+m)
		}
		for _, m := range r.tests {
			miss("tests "+r.dir+" "+m, "tests of "+r.dir+" may import "+m)
		}
	}
	for k, who := range packages {
		for _, w := range who {
			miss("package "+k+" "+w, w+" may import "+k)
		}
	}
	sort.Strings(out)
	return out
}

// ruleOf finds the line of a folder; an exact name goes before a pattern.
func ruleOf(dir string) *rule {
	for i := range floors {
		if floors[i].dir == dir {
			return &floors[i]
		}
	}
	for i := range floors {
		if matches(floors[i].dir, dir) {
			return &floors[i]
		}
	}
	return nil
}

func matches(pattern, dir string) bool {
	ok, err := path.Match(pattern, dir)
	return err == nil && ok
}

// within tells whether imp is the package or module m, or stands below it.
func within(imp, m string) bool { return imp == m || strings.HasPrefix(imp, m+"/") }

// TestFloorsFail shows that the check can fail: each of these files breaks one rule.
func TestFloorsFail(t *testing.T) {
	for _, c := range []struct{ path, src, want string }{
		{"systems/grid/a.go", `package grid; import _ "` + module + `/systems/plan"`, `systems/grid/a.go imports "` + module + `/systems/plan"`},
		{"systems/grid/a.go", `package grid; import _ "database/sql"`, `imports "database/sql": only [store store/*] may`},
		{"systems/grid/a.go", `package grid; import _ "log"`, `imports "log"`},
		{"systems/grid/a_test.go", `package grid; import _ "log"`, `imports "log"`},
		{"systems/grid/a.go", `package grid; import _ "` + module + `/store/sqlite"`, `store/sqlite`},
		{"systems/grid/a.go", `package grid; import "os"; var x = os.Getenv("X")`, `os.Getenv`},
		{"systems/grid/a.go", `package grid; import "time"; var x = time.Now()`, `time.Now`},
		{"systems/grid/a.go", `package grid; import _ "github.com/a-h/templ"`, `only [web/ui`},
		{"systems/grid/a.go", `package grid; import _ "github.com/nobody/left-pad"`, `a module that no line`},
		{"systems/grid/sub/a.go", `package sub`, `stands on no floor`},
		{"util/a.go", `package util`, `stands on no floor`},
		{"wire/dlt645/a.go", `package dlt645; import _ "net"`, `a codec turns bytes`},
		{"kernel/journal/a.go", `package journal; import _ "` + module + `/kernel/entity"`, `kernel/entity`},
		{"kernel/entity/a.go", `package entity; import _ "` + module + `/store/storetest"`, `store/storetest`},
	} {
		s, err := parse(c.path, []byte(c.src))
		if err != nil {
			t.Fatal(err)
		}
		faults, _ := check([]*source{s})
		if len(faults) != 1 || !strings.Contains(faults[0], c.want) {
			t.Errorf("%s %s: got %q, want one fault with %q", c.path, c.src, faults, c.want)
		}
	}
}
