package ca

import (
	"encoding/asn1"
	"slices"

	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
)

// The kinds of subject.
const (
	Citizen    = "citizen"
	Enterprise = "enterprise"
	Official   = "official"
	Device     = "device"
	Server     = "server"
	Seal       = "seal"      // a unit's seal on documents
	TimeStamp  = "timestamp" // a time-stamp service
	Log        = "log"       // the signer of a log's checkpoints; its name is the log's origin
)

// The uses of a key. Dual certificates are one of each. GM/T 0034
const (
	Sign    = "sign"
	Encrypt = "encrypt"
)

// Profile says what certificates of a kind bear. GB/T 20518 5, RFC 5280 4.2
type Profile struct {
	Kind     string
	Family   string // of the issuing authority: citizen, enterprise, official or system
	Name     lang.Text
	Days     int
	Single   bool // one standing certificate a subject
	Dual     bool // in SM2, the key centre makes an encryption key besides
	Usage    cert.Usage
	Purposes []asn1.ObjectIdentifier
	Only     bool // purposes are critical
	policy   int  // last number of the policy's identifier
	extra    []cert.Extension
}

// Families are the issuing authorities' subjects, in order.
func Families() []Family {
	return []Family{
		{Citizen, lang.T("市民", "Citizens")}, {Enterprise, lang.T("企业", "Enterprises")}, {Official, lang.T("公务员", "Civil servants")}, {System, lang.T("设备与服务", "Devices and services")},
	}
}

// System is the family of devices, servers and services.
const System = "system"

// Family is the subjects of one issuing authority.
type Family struct {
	ID   string
	Name lang.Text
}

// FamilyName names a family.
func FamilyName(id string) lang.Text {
	for _, f := range Families() {
		if f.ID == id {
			return f.Name
		}
	}
	return lang.Same(id)
}

// Profiles lists the profiles.
func Profiles() []Profile {
	both := cert.DigitalSignature | cert.ContentCommitment
	person := []asn1.ObjectIdentifier{cert.ClientAuth, cert.EmailProtection}
	return []Profile{
		{Kind: Citizen, Family: Citizen, Name: lang.T("市民", "Citizen"), Days: 3 * 365, Single: true, Dual: true, Usage: both, Purposes: person, policy: 1},
		{Kind: Enterprise, Family: Enterprise, Name: lang.T("企业", "Enterprise"), Days: 2 * 365, Single: true, Dual: true, Usage: both, Purposes: person, policy: 2},
		{Kind: Official, Family: Official, Name: lang.T("公务员", "Civil servant"), Days: 3 * 365, Single: true, Dual: true, Usage: both, Purposes: person, policy: 3},
		{Kind: Device, Family: System, Name: lang.T("设备", "Device"), Days: 5 * 365, Usage: cert.DigitalSignature | cert.KeyAgreement, Purposes: []asn1.ObjectIdentifier{cert.ClientAuth}, policy: 4},
		{Kind: Server, Family: System, Name: lang.T("服务器", "Server"), Days: 90, Usage: cert.DigitalSignature | cert.KeyAgreement, Purposes: []asn1.ObjectIdentifier{cert.ServerAuth, cert.ClientAuth}, policy: 5},
		{Kind: Seal, Family: System, Name: lang.T("电子印章", "Document seal"), Days: 2 * 365, Usage: both, policy: 6},
		{Kind: TimeStamp, Family: System, Name: lang.T("时间戳服务", "Time-stamp service"), Days: 2 * 365, Usage: both, Purposes: []asn1.ObjectIdentifier{cert.TimeStamping}, Only: true, policy: 7},
		{Kind: Log, Family: System, Name: lang.T("日志签署", "Log signing"), Days: 2 * 365, Usage: both, policy: 8},
	}
}

// ProfileOf finds the profile of a kind.
func ProfileOf(kind string) (Profile, bool) {
	list := Profiles()
	i := slices.IndexFunc(list, func(p Profile) bool { return p.Kind == kind })
	if i < 0 {
		return Profile{}, false
	}
	return list[i], true
}

// KindName names a kind.
func KindName(kind string) lang.Text {
	if p, ok := ProfileOf(kind); ok {
		return p.Name
	}
	return lang.Same(kind)
}

// UseName names a use of a key.
func UseName(use string) lang.Text {
	if use == Encrypt {
		return lang.T("加密", "Encryption")
	}
	return lang.T("签名", "Signing")
}

// AlgorithmName names an algorithm.
func AlgorithmName(a string) lang.Text {
	if a == string(pki.SM2) {
		return lang.Same("SM2")
	}
	return lang.Same("ECDSA")
}

var responderPurposes = []asn1.ObjectIdentifier{cert.OCSPSigning}

// encipher is the usage of an encryption certificate.
const encipher = cert.KeyEncipherment | cert.DataEncipherment | cert.KeyAgreement

// StateName names a standing.
func StateName(state int64) lang.Text {
	switch state {
	case Valid:
		return lang.T("有效", "valid")
	case Suspended:
		return lang.T("已冻结", "on hold")
	case Revoked:
		return lang.T("已吊销", "revoked")
	case Expired:
		return lang.T("已过期", "expired")
	}
	return lang.T("未知", "unknown")
}

// ReasonName names a reason of revocation.
func ReasonName(r cert.Reason) lang.Text {
	switch r {
	case cert.KeyCompromise:
		return lang.T("密钥泄露", "key compromise")
	case cert.CACompromise:
		return lang.T("签发机构密钥泄露", "authority compromise")
	case cert.AffiliationChanged:
		return lang.T("隶属关系变更", "affiliation changed")
	case cert.Superseded:
		return lang.T("已换发", "superseded")
	case cert.CessationOfOperation:
		return lang.T("停止使用", "cessation of operation")
	case cert.CertificateHold:
		return lang.T("冻结", "on hold")
	case cert.PrivilegeWithdrawn:
		return lang.T("撤销权限", "privilege withdrawn")
	case cert.AACompromise:
		return lang.T("属性机构密钥泄露", "attribute authority compromise")
	}
	return lang.T("未说明", "unspecified")
}
