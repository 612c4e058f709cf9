package channel

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	stdmail "net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
)

// mail gives messages to an SMTP server.
type mail struct {
	*tool
	s        Settings
	host     string
	from     string
	password string
	roots    *tls.Config // of tests; nil takes the machine's
}

func openMail(t *tool, s Settings) (notice.Channel, error) {
	if s.MailServer == "" {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(s.MailServer)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "mail_server 应为 主机:端口", "mail_server is host:port")
	}
	from, err := stdmail.ParseAddress(s.MailFrom)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "mail_from 不是邮件地址", "mail_from is no mail address")
	}
	password, err := secret(s.MailSecret)
	return &mail{tool: t, s: s, host: host, from: from.Address, password: password}, err
}

// Name is "mail".
func (*mail) Name() string { return "mail" }

// Found cannot say: a mail server keeps no list for us. Message-ID is the same whenever a message is sent, so that mailboxes show it once.
func (*mail) Found(context.Context, string) (string, bool, bool, error) { return "", false, false, nil }

// Send returns when the server has taken the message.
func (m *mail) Send(ctx context.Context, d notice.Delivery) (string, error) {
	to, err := stdmail.ParseAddress(d.Address)
	if err != nil || strings.ContainsAny(to.Address, "\r\n<>") {
		return "", errs.Say(errs.Invalid, "邮件地址无效", "this is no mail address")
	}
	c, err := m.dial(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	for _, step := range []func() error{
		func() error { return m.login(c) },
		func() error { return c.Mail(m.from) },
		func() error { return c.Rcpt(to.Address) },
		func() error {
			w, err := c.Data()
			if err != nil {
				return err
			}
			if _, err := w.Write(m.letter(d, to.Address)); err != nil {
				return err
			}
			return w.Close() // the server's answer to the message
		},
	} {
		if err := step(); err != nil {
			return "", classify(err)
		}
	}
	_ = c.Quit() // it is taken
	return "", nil
}

// dial connects, encrypted unless that is let go.
func (m *mail) dial(ctx context.Context) (*smtp.Client, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", m.s.MailServer)
	if err != nil {
		return nil, unreached(err)
	}
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(end) // a TCP connection knows deadlines
	}
	conf := m.roots.Clone()
	if conf == nil {
		conf = &tls.Config{}
	}
	conf.ServerName = m.host
	atOnce := strings.HasSuffix(m.s.MailServer, ":465")
	if atOnce {
		conn = tls.Client(conn, conf)
	}
	c, err := smtp.NewClient(conn, m.host)
	if err != nil {
		conn.Close()
		return nil, classify(err)
	}
	if can, _ := c.Extension("STARTTLS"); can && !atOnce {
		err = c.StartTLS(conf)
	} else if !atOnce && !m.s.MailPlain {
		err = errors.New("the server offers no encryption")
	}
	if err != nil {
		_ = c.Close()
		return nil, errs.As(errs.Unavailable, "encrypt the connection to the mail server", err)
	}
	return c, nil
}

func (m *mail) login(c *smtp.Client) error {
	if m.s.MailUser == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", m.s.MailUser, m.password, m.host))
}

// classify tells an address that is refused (5xx) from a server that is busy.
func classify(err error) error {
	var e *textproto.Error
	if errors.As(err, &e) && e.Code >= 500 && e.Code != 530 && e.Code != 535 { // 53x: our own account, not their address
		return errs.As(errs.Invalid, "send mail", fmt.Errorf("the mail server answered %d", e.Code))
	}
	return errs.As(errs.Unavailable, "send mail", errors.New("the mail server has not taken the message"))
}

// letter is the message: one part of plain text.
func (m *mail) letter(d notice.Delivery, to string) []byte {
	_, domain, _ := strings.Cut(m.from, "@")
	var b strings.Builder
	head := func(name, v string) { b.WriteString(name + ": " + v + "\r\n") }
	head("From", m.from)
	head("To", to)
	head("Subject", mime.BEncoding.Encode("utf-8", strings.NewReplacer("\r", " ", "\n", " ").Replace(d.Title)))
	head("Date", m.now().Format(time.RFC1123Z))
	head("Message-ID", "<"+d.Key+"@"+domain+">")
	head("Auto-Submitted", "auto-generated")
	head("MIME-Version", "1.0")
	head("Content-Type", "text/plain; charset=utf-8")
	head("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	body := base64.StdEncoding.EncodeToString([]byte(m.text(d)))
	for len(body) > 76 {
		b.WriteString(body[:76] + "\r\n")
		body = body[76:]
	}
	b.WriteString(body + "\r\n")
	return []byte(b.String())
}
