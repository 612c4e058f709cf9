package mqtt

import (
	"net"
	"net/url"
	"strings"

	"github.com/haihe-city/haihe/errs"
)

// Target is where and how a notification is published: an endpoint's URI and its notifierInfo.
// ETSI GS CIM 009 V1.9.1 7.2
type Target struct {
	broker
	Topic string
	QoS   byte
}

// broker is what a connection is made to; targets that agree in it share one.
type broker struct {
	Address        string // host:port
	TLS            bool
	User, Password string
	HasPassword    bool
	V5             bool // MQTT 5.0, else 3.1.1
}

// Keys of notifierInfo (table 7.2-1).
const (
	KeyQoS     = "MQTT-QoS"
	KeyVersion = "MQTT-Version"
)

// Is tells whether a URI is an MQTT endpoint.
func Is(uri string) bool {
	scheme, _, ok := strings.Cut(uri, ":")
	return ok && (strings.EqualFold(scheme, "mqtt") || strings.EqualFold(scheme, "mqtts"))
}

func bad(zh, en string, args ...any) error { return errs.Say(errs.Invalid, zh, en, args...) }

// Parse reads an endpoint mqtt[s]://[user][:password]@host[:port]/topic[/subtopic]*, and the values of notifierInfo's MQTT-QoS and
// MQTT-Version ("" where they are not there).
func Parse(uri, qos, version string) (t Target, err error) {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return t, bad("MQTT 端点地址无效，应为 mqtt[s]://[用户[:口令]@]主机[:端口]/主题", "not a valid MQTT endpoint: it is mqtt[s]://[user[:password]@]host[:port]/topic")
	}
	port := u.Port()
	switch strings.ToLower(u.Scheme) {
	case "mqtt":
		port = or(port, "1883")
	case "mqtts":
		port, t.TLS = or(port, "8883"), true
	default:
		return t, bad("端点协议须为 mqtt 或 mqtts", "the scheme of the endpoint must be mqtt or mqtts")
	}
	t.Address = net.JoinHostPort(u.Hostname(), port)
	if u.User != nil {
		t.User = u.User.Username()
		t.Password, t.HasPassword = u.User.Password()
	}
	t.Topic = strings.TrimPrefix(u.Path, "/")
	if strings.ContainsAny(uri, "?#") {
		return t, bad("MQTT 端点地址不得含 ? 或 #", "an MQTT endpoint must not contain ? or #")
	}
	if t.Topic == "" || len(t.Topic) > 1024 || strings.ContainsAny(t.Topic, "+#\x00") || strings.HasPrefix(t.Topic, "$") {
		return t, bad("MQTT 端点地址缺少有效主题：主题不得为空，不得含通配符，不得以 $ 开头", "the MQTT endpoint lacks a valid topic: not empty, no wildcards, not beginning with $")
	}
	switch qos {
	case "", "0":
	case "1", "2":
		t.QoS = qos[0] - '0'
	default:
		return t, bad("MQTT-QoS 须为 0、1 或 2，实为 %q", "MQTT-QoS must be 0, 1 or 2, it is %q", qos)
	}
	switch version {
	case "", "mqtt5.0":
		t.V5 = true
	case "mqtt3.1.1":
	default:
		return t, bad("MQTT-Version 须为 mqtt3.1.1 或 mqtt5.0，实为 %q", "MQTT-Version must be mqtt3.1.1 or mqtt5.0, it is %q", version)
	}
	if t.HasPassword && t.User == "" && !t.V5 { // MQTT 3.1.1 3.1.2.9
		return t, bad("MQTT 3.1.1 的口令必须与用户名同用", "in MQTT 3.1.1 a password goes only with a user name")
	}
	return t, nil
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
