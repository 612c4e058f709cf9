package channel

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
)

// sms gives short messages to a gateway's HTTP interface.
type sms struct {
	*tool
	s      Settings
	header map[string]string
}

func openSMS(t *tool, s Settings) (notice.Channel, error) {
	if s.SMSURL == "" {
		return nil, nil
	}
	key, err := secret(s.SMSSecret)
	if err != nil {
		return nil, err
	}
	if err := webAddress(s.SMSURL); err != nil {
		return nil, err
	}
	if !strings.Contains(s.SMSBody, "{address}") || !strings.Contains(s.SMSBody, "{text}") {
		return nil, errs.Say(errs.Invalid, "sms_body 应含 {address} 和 {text}", "sms_body needs {address} and {text}")
	}
	c := sms{t, s, map[string]string{}}
	if key != "" && s.SMSHeader != "" {
		c.header[s.SMSHeader] = key
	}
	return c, nil
}

// Name is "sms"; an address is a number with or without +.
func (sms) Name() string { return "sms" }

var phone = regexp.MustCompile(`^\+?\d{5,15}$`)

// Send fills the template in; what is put into it is quoted as its media type wants it.
func (c sms) Send(ctx context.Context, d notice.Delivery) (string, error) {
	if !phone.MatchString(d.Address) {
		return "", errs.Say(errs.Invalid, "手机号码无效", "this is no telephone number")
	}
	quote := url.QueryEscape
	if c.s.SMSType == "application/json" {
		quote = func(s string) string {
			b, _ := json.Marshal(s) // a string can be written
			return string(b[1 : len(b)-1])
		}
	}
	body := strings.NewReplacer("{address}", quote(d.Address), "{text}", quote(c.text(d)), "{key}", quote(d.Key)).Replace(c.s.SMSBody)
	resp, err := c.post(ctx, c.s.SMSURL, c.s.SMSType, d.Key, []byte(body), c.header)
	if err != nil {
		return "", err
	}
	if !strings.Contains(string(resp.body), c.s.SMSOK) {
		return "", errs.Say(errs.Unavailable, "短信网关未受理", "the gateway has not taken the message")
	}
	return "", nil
}

// Found asks the gateway where it can be asked.
func (c sms) Found(ctx context.Context, key string) (string, bool, bool, error) {
	if c.s.SMSQuery == "" {
		return "", false, false, nil
	}
	return c.ask(ctx, strings.ReplaceAll(c.s.SMSQuery, "{key}", url.QueryEscape(key)), c.header)
}
