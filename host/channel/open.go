package channel

import (
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
)

// Settings is [channel]. An empty address leaves a channel out.
type Settings struct {
	SMSURL     string `toml:"sms_url" doc:"短信网关的 HTTP 接口地址；留空则只记录不发送 / address of the gateway for short messages; empty: they are recorded and not sent"`
	SMSBody    string `toml:"sms_body" doc:"短信请求正文模板，可用 {address} {text} {key} / body of the request to the gateway, with {address}, {text} and {key}"`
	SMSType    string `toml:"sms_type" choice:"application/json,application/x-www-form-urlencoded" doc:"短信请求正文类型 / media type of that body"`
	SMSHeader  string `toml:"sms_header" doc:"放置密钥的请求头名称 / header of the request that bears the secret"`
	SMSSecret  string `toml:"sms_secret" doc:"短信网关密钥文件，内容即请求头的值 / file with the gateway's secret: the value of that header"`
	SMSOK      string `toml:"sms_ok" doc:"成功应答中必须包含的文字；留空则以状态码 2xx 为准 / text that a good answer holds; empty: any 2xx"`
	SMSQuery   string `toml:"sms_query" doc:"按 {key} 查询是否已受理的地址，200 为已受理、404 为没有；留空为不可查询 / address with {key} that tells whether a message was taken: 200 yes, 404 no; empty: it cannot be asked"`
	MailServer string `toml:"mail_server" doc:"邮件服务器 主机:端口；465 端口直接 TLS，其他端口用 STARTTLS；留空则只记录不发送 / SMTP server, host:port: TLS at once on port 465, STARTTLS elsewhere; empty: mail is recorded and not sent"`
	MailFrom   string `toml:"mail_from" doc:"发件地址 / address that mail comes from"`
	MailUser   string `toml:"mail_user" doc:"邮件账号；留空为不登录 / account at the mail server; empty: none"`
	MailSecret string `toml:"mail_secret" doc:"邮件口令文件 / file with its password"`
	MailPlain  bool   `toml:"mail_plain" doc:"允许不加密的邮件连接（仅限本机或可信网络） / let mail go unencrypted (this machine or a trusted network only)"`
	MQTT       string `toml:"mqtt" doc:"MQTT 代理地址和主题前缀，如 mqtts://host/haihe/notice；留空为不使用 / MQTT broker and prefix of topics, such as mqtts://host/haihe/notice; empty: none"`
	MQTTSecret string `toml:"mqtt_secret" doc:"MQTT 账号文件，内容为 用户:口令 / file with the broker's account, user:password"`
	Push       bool   `toml:"push" doc:"启用浏览器推送，用户可在通知页订阅；推送须经浏览器厂商的推送服务，内容端到端加密 / web push, which people subscribe to on their page of notices; it goes by the push service of the browser's maker, encrypted end to end"`
	PushKey    string `toml:"push_key" doc:"浏览器推送的私钥文件（PEM，P-256）；留空则由程序生成并随数据保存 / key of web push (PEM, P-256); empty: the program makes one and keeps it with its data"`
	PushWho    string `toml:"push_contact" doc:"推送服务的联系地址，mailto: 或 https: / contact that push services are given, mailto: or https:"`
	PushBy     string `toml:"push_services" doc:"可接受的推送服务，主机名（含其下级），逗号分隔；程序只向这些主机推送 / push services that are accepted: hosts with those below them, separated by commas; the program pushes to no other"`
	Webhook    bool   `toml:"webhook" doc:"启用 HTTP 通知（地址由联系人登记） / webhooks, at the addresses that contacts have"`
}

// Defaults are those of a program without a configuration file.
func Defaults() Settings {
	return Settings{SMSBody: `{"phone":"{address}","text":"{text}","id":"{key}"}`, SMSType: "application/json", SMSHeader: "Authorization", Push: true, PushWho: "mailto:admin@example.org", PushBy: pushServices, Webhook: true}
}

// tool is what every channel works with. reply gives the address at which a delivery is answered.
type tool struct {
	client *http.Client
	base   string
	reply  func(d notice.Delivery) string
	now    func() time.Time
}

const answerTime = 20 * time.Second

// Open makes the channels that are configured; base is the program's address as the public reaches it. key gives the key
// of web push (PEM) that the program keeps, where the settings name none. Channels live as long as the program.
func Open(s Settings, key func() (string, error), base string, reply func(d notice.Delivery) string, now func() time.Time) (out []notice.Channel, err error) {
	t := &tool{base: base, reply: reply, now: now, client: &http.Client{
		Timeout:       answerTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a secret goes where it was meant for
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext},
	}}
	browsers := func(t *tool, s Settings) (notice.Channel, error) { return openPush(t, s, key) }
	for _, open := range []func(*tool, Settings) (notice.Channel, error){openSMS, openMail, openMQTT, browsers, openHook} {
		c, err := open(t, s)
		if err != nil {
			return nil, err
		}
		if c != nil {
			out = append(out, c)
		}
	}
	return out, nil
}

// secret reads a file of one line; "" names none.
func secret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", errs.Because(err, errs.Invalid, "密钥文件 %s 读不了", "the secret file %s cannot be read", path)
	}
	return strings.TrimSpace(string(b)), nil
}

// text is what a person reads: title, body, and where to answer or to read more.
func (t *tool) text(d notice.Delivery) string {
	out := d.Title
	if d.Body != "" {
		out += "\n" + d.Body
	}
	if at := t.link(d); at != "" {
		out += "\n" + at
	}
	return out
}

// link is where a delivery leads: to its answer, or to the page that it speaks of.
func (t *tool) link(d notice.Delivery) string {
	if at := t.reply(d); at != "" {
		return at
	}
	if d.Link == "" {
		return ""
	}
	return t.base + "/" + string(d.Lang) + d.Link
}

// refused makes an error of an answer's status: of an address that will never take it, or of one that is worth another try.
func refused(status int) error {
	err := errors.New("the other side answered " + http.StatusText(status))
	switch {
	case status == http.StatusNotFound || status == http.StatusGone:
		return errs.As(errs.NotFound, "send a notice", err)
	case status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500:
		return errs.As(errs.Unavailable, "send a notice", err)
	case status >= 300:
		return errs.As(errs.Invalid, "send a notice", err)
	}
	return nil
}

// unreached is the error of a connection that failed, without the address that net/http puts into it.
func unreached(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return errs.As(errs.Unavailable, "send a notice", op.Err)
	}
	return errs.As(errs.Unavailable, "send a notice", errors.New("the other side could not be reached"))
}
