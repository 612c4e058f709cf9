package ngsild

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/ngsild/exchange"
)

// identityOp is O58: who this source is, so that others find loops. The alias tells tenants apart.
// ETSI GS CIM 009 V1.9.1 5.15.1.4, 5.2.40
func identityOp(o *Options) exchange.Op {
	alias, now := o.Alias, o.Now
	if alias == "" {
		alias = "haihe"
	}
	since := now()
	return exchange.Op{ID: "O58", Name: "sourceIdentity", Title: lang.T("上下文源标识", "Identity of this context source"), Method: "GET",
		Path: "/info/sourceIdentity", Clause: "5.15.1, 6.33.3.1", Act: exchange.Read, Answers: []int{200},
		Run: func(x *exchange.Exchange) error {
			at := now()
			own := alias
			if x.Tenant != "" {
				own += "-" + x.Tenant
			}
			body := obj{
				"id": "urn:ngsi-ld:ContextSourceIdentity:" + own, "type": "ContextSourceIdentity", "contextSourceAlias": own,
				"contextSourceUptime": "PT" + strconv.FormatInt(int64(at.Sub(since).Seconds()), 10) + "S",
				"contextSourceTimeAt": at.UTC().Format("2006-01-02T15:04:05.000Z"),
			}
			if x.Accept == exchange.LD {
				body["@context"] = x.Ctx.Value()
			}
			b, err := json.Marshal(body)
			if err != nil {
				return err
			}
			return x.Answer(http.StatusOK, b)
		}}
}
