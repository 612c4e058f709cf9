package names

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
)

// Mark stands between a tenant and a name. It is a control character, which neither a tenant nor an id, a type or an owner can hold.
const Mark = "\x1f"

const maxTenant = 128 // bytes of a tenant's name

// CheckTenant refuses names of tenants that could not be told from others (errs.Invalid).
func CheckTenant(t string) error {
	if len(t) > maxTenant || !utf8.ValidString(t) || strings.ContainsFunc(t, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return errs.Say(errs.Invalid, "租户名称 %q 无效：不得含空白与控制字符，不超过 %d 字节",
			"%q is not a valid name of a tenant: no spaces or control characters, at most %d bytes", t[:min(len(t), maxTenant)], maxTenant)
	}
	return nil
}

// In is the name that a thing of a tenant bears in the tables; those of the common context bear their own.
func In(tenant, name string) string {
	if tenant == "" {
		return name
	}
	return tenant + Mark + name
}

// Apart takes what In made apart.
func Apart(row string) (tenant, name string) {
	if i := strings.IndexByte(row, Mark[0]); i >= 0 {
		return row[:i], row[i+1:]
	}
	return "", row
}

// The maintained counts.
const (
	CountOf   = "entity"       // key: see CountKey
	CountAlso = "entity.types" // key: type; entities that have it as a second or further type
)

// CountKey is the key of the count of a type ("": all) and an owner ("": all). It cannot be mistaken for another: a type's name holds
// no space.
func CountKey(tenant, typ, owner string) string { return In(tenant, typ+" "+owner) }
