package channel

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/ngsild/subscribe/mqtt"
)

// publisher gives messages to a broker at QoS 1, each to a topic of its own below the prefix.
type publisher struct {
	*tool
	pool *mqtt.Pool
	base url.URL
}

func openMQTT(t *tool, s Settings) (notice.Channel, error) {
	if s.MQTT == "" {
		return nil, nil
	}
	account, err := secret(s.MQTTSecret)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(s.MQTT)
	if err == nil && account != "" {
		user, password, _ := strings.Cut(account, ":")
		u.User = url.UserPassword(user, password)
	}
	if err == nil {
		_, err = mqtt.Parse(u.JoinPath("x").String(), "1", "")
	}
	if err != nil {
		return nil, errs.Say(errs.Invalid, "mqtt 应为 mqtt[s]://主机[:端口]/主题前缀", "mqtt is mqtt[s]://host[:port]/prefix of topics")
	}
	return &publisher{t, mqtt.NewPool((&net.Dialer{Timeout: 10 * time.Second}).DialContext, nil, func() string { return "haihe-notice" }, time.Minute), *u}, nil
}

// Name is "mqtt"; an address is the end of the topic.
func (*publisher) Name() string { return "mqtt" }

// Found cannot say: a broker keeps no list for us. The key stands in the message.
func (*publisher) Found(context.Context, string) (string, bool, bool, error) {
	return "", false, false, nil
}

// Send returns when the broker has acknowledged.
func (p *publisher) Send(ctx context.Context, d notice.Delivery) (string, error) {
	if d.Address == "" || strings.ContainsAny(d.Address, "+#\x00") || strings.Contains(d.Address, "..") {
		return "", errs.Say(errs.Invalid, "主题无效", "this is no topic")
	}
	target, err := mqtt.Parse(p.base.JoinPath(d.Address).String(), "1", "")
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(told{d.Key, string(d.Lang), d.Title, d.Body, p.link(d), p.reply(d)})
	if err != nil {
		return "", errs.As(errs.Internal, "write a notice", err)
	}
	return "", errs.As(errs.Unavailable, "publish a notice", p.pool.Publish(ctx, &target, body))
}
