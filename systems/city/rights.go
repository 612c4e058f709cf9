package city

import (
	"context"
	"net/http"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/broker"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/ngsild/exchange"
)

// asKey marks a request that a page of ours makes in the name of who reads it.
type asKey struct{}

// who finds out who makes a request.
func (s *service) who(r *http.Request) (*identity.Principal, error) {
	if p, ok := r.Context().Value(asKey{}).(*identity.Principal); ok {
		return p, nil
	}
	return s.host.Who(r)
}

// grantOf is what an act needs.
func grantOf(act exchange.Act) string {
	switch act {
	case exchange.Write:
		return grantWrite
	case exchange.Subscribe:
		return grantSubscribe
	case exchange.Host:
		return grantContexts
	}
	return grantRead
}

// allow decides about an operation. Reading the list of contexts, or one, needs no more than reading.
func (s *service) allow(who *identity.Principal, tenant string, op *exchange.Op) error {
	grant := grantOf(op.Act)
	if op.Act == exchange.Host && op.Method == http.MethodGet {
		grant = grantRead
	}
	return s.allowGrant(who, tenant, grant)
}

// allowGrant decides whether who has a grant in a tenant: the city's common context (""), that of their own unit, or with
// city.tenants any.
func (s *service) allowGrant(who *identity.Principal, tenant, grant string) error {
	if who.Anonymous() {
		if s.conf.Anonymous == "write" || s.conf.Anonymous == "read" && grant == grantRead && tenant == "" {
			return nil
		}
		return errs.Say(errs.Unauthenticated, "需要令牌：请在“接口令牌”申领，并以 Authorization: Bearer 提交", "this needs a token: ask for one and send it as Authorization: Bearer")
	}
	if !who.Can(grant) {
		return errs.Say(errs.Denied, "无权进行此操作（需要权限 %s）；如确需办理，请联系安全管理员",
			"you may not do this (it needs the grant %s); ask the security administrator if you should", grant)
	}
	return s.allowTenant(who, tenant)
}

// allowTenant decides whether who may use a tenant at all.
func (s *service) allowTenant(who *identity.Principal, tenant string) error {
	if tenant == "" || tenant == who.Unit && who.Unit != "" || who.Can(grantTenants) || who.Anonymous() && s.conf.Anonymous == "write" {
		return nil
	}
	return errs.Say(errs.Denied, "租户 %s 不是您单位的空间（需要权限 %s）", "the tenant %s is not your unit's (it needs the grant %s)", tenant, grantTenants)
}

// owns tells whether who may change what a unit subscribed to, and see the keys of its receivers: in a tenant whoever may use it, in
// the common context the unit itself and city.tenants. Where nobody in particular may write, all may.
func owns(who *identity.Principal, tenant, unit string) bool {
	return tenant != "" || who.Anonymous() || who.Unit == unit || who.Can(grantTenants)
}

// signIn lets an MQTT client in: its password is a token; the user's name is for the device's own use.
func (s *service) signIn(ctx context.Context, c broker.Credentials) (*identity.Principal, error) {
	if c.Password == "" && c.User == "" {
		if s.conf.Anonymous != "none" {
			return &identity.Principal{}, nil
		}
		return nil, errs.Say(errs.Unauthenticated, "请以令牌作为口令登录", "sign in with a token as password")
	}
	return s.host.People.Token(ctx, c.Password)
}

// tenantOf reads the tenant of a topic's level: "-" is the common context.
func tenantOf(level string) string {
	if level == "-" {
		return ""
	}
	return level
}

// allowTopic decides about a topic to publish to, or a filter to read. The tenant is to be named in both.
func (s *service) allowTopic(who *identity.Principal, filter string, write bool) error {
	levels := strings.SplitN(filter, "/", 4)
	if len(levels) < 3 || levels[0] != "city" || levels[1] == "" {
		return errs.Say(errs.Denied, "主题应形如 city/<租户>/entities/…，公共上下文的租户写作 -", "a topic is city/<tenant>/entities/…, with - for the common context")
	}
	if strings.ContainsAny(levels[1], "+#") {
		return errs.Say(errs.Denied, "主题须写明租户，公共上下文写作 -", "a topic names its tenant, - for the common context")
	}
	grant := grantRead
	if write && levels[2] == "notices" {
		grant = grantSubscribe
	} else if write {
		grant = grantWrite
	}
	return s.allowGrant(who, tenantOf(levels[1]), grant)
}
