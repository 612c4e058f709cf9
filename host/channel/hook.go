package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
)

// hook posts a delivery as JSON to the contact's own address.
type hook struct{ *tool }

func openHook(t *tool, s Settings) (notice.Channel, error) {
	if !s.Webhook {
		return nil, nil
	}
	return hook{t}, nil
}

// Name is "http"; an address is a URL.
func (hook) Name() string { return "http" }

// told is the body that a webhook is given.
type told struct {
	ID    string `json:"id"`
	Lang  string `json:"lang"`
	Title string `json:"title"`
	Body  string `json:"body"`
	Link  string `json:"link,omitempty"`
	Reply string `json:"reply,omitempty"` // POST there, or open it, to answer
}

func webAddress(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errs.Say(errs.Invalid, "地址应为 http 或 https 网址", "the address must be of http or https")
	}
	return nil
}

// Send takes any 2xx for taken; the receipt is its header Notice-Receipt, where there is one.
func (h hook) Send(ctx context.Context, d notice.Delivery) (string, error) {
	if err := webAddress(d.Address); err != nil {
		return "", err
	}
	body, err := json.Marshal(told{d.Key, string(d.Lang), d.Title, d.Body, h.link(d), h.reply(d)})
	if err != nil {
		return "", errs.As(errs.Internal, "write a notice", err)
	}
	resp, err := h.post(ctx, d.Address, "application/json", d.Key, body, nil)
	if err != nil {
		return "", err
	}
	return resp.header.Get("Notice-Receipt"), nil
}

// post sends a body and reads little of the answer: a receiver must not fill the memory.
func (t *tool) post(ctx context.Context, to, media, key string, body []byte, header map[string]string) (said answer, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return said, errs.Say(errs.Invalid, "地址无效", "the address is not valid")
	}
	req.Header.Set("Content-Type", media)
	req.Header.Set("Idempotency-Key", key)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return said, unreached(err)
	}
	defer func() { _ = resp.Body.Close() }()
	said.header = resp.Header
	if said.body, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10)); err != nil {
		return said, unreached(err)
	}
	return said, refused(resp.StatusCode)
}

// answer is what a receiver said.
type answer struct {
	header http.Header
	body   []byte
}

// Found cannot say without the address.
func (hook) Found(context.Context, string) (string, bool, bool, error) { return "", false, false, nil }

// FoundFor asks the address for the key: 200 has it, 404 has not, anything else cannot say.
func (h hook) FoundFor(ctx context.Context, d notice.Delivery) (receipt string, found, known bool, err error) {
	if webAddress(d.Address) != nil {
		return "", false, false, nil
	}
	sep := "?"
	if strings.Contains(d.Address, "?") {
		sep = "&"
	}
	return h.ask(ctx, d.Address+sep+"key="+url.QueryEscape(d.Key), nil)
}

// ask is a GET whose status says whether a key was taken.
func (t *tool) ask(ctx context.Context, at string, header map[string]string) (receipt string, found, known bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", false, false, nil
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return "", false, false, unreached(err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection is used again
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.Header.Get("Notice-Receipt"), true, true, nil
	case http.StatusNotFound:
		return "", false, true, nil
	}
	return "", false, false, nil
}
