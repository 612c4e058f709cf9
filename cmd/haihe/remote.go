package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// remote is a running platform that a command talks to.
type remote struct{ server, token string }

func (r *remote) flags(f *cli.Flags) {
	f.StringVar(&r.server, "server", "", "运行中的平台网址 / address of a running platform")
	f.StringVar(&r.token, "token", "", "访问令牌（hh_…） / access token (hh_…)")
}

// do sends a request and gives an answer of 2xx; anything else is an error with the platform's own words.
func (r *remote) do(ctx context.Context, method, path string, body io.Reader, size int64) (*http.Response, error) {
	base, err := url.Parse(r.server)
	if err != nil || base.Host == "" {
		return nil, cli.Usage("--server“%s”不是网址，应形如 http://127.0.0.1:8080", "--server %q is no address, write it like http://127.0.0.1:8080", r.server)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.server, "/")+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.ContentLength = size
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, errs.Because(err, errs.Unavailable, "连接不上平台 %s；请检查地址以及平台是否运行", "the platform at %s cannot be reached; check the address and whether it runs", r.server)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, refusal(resp)
}

// refusal reads what the platform said in its problem document (RFC 9457).
func refusal(resp *http.Response) error {
	var problem struct {
		Title  string    `json:"title"`
		Detail string    `json:"detail"`
		Text   lang.Text `json:"details"`
	}
	_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&problem)
	kind := errs.Unavailable
	if resp.StatusCode < 500 {
		kind = errs.Invalid
	}
	switch {
	case !problem.Text.Empty():
		return &errs.Error{Kind: kind, Msg: problem.Text}
	case resp.StatusCode == http.StatusUnauthorized:
		return errs.Say(kind, "平台不认得此令牌；请用 --token 给出有效令牌", "the platform does not know this token; give a valid one with --token")
	case resp.StatusCode == http.StatusForbidden:
		return errs.Say(kind, "此令牌无此权限", "this token may not do that")
	case problem.Detail != "":
		return errs.Say(kind, "平台拒绝了请求（%d）：%s", "the platform refused (%d): %s", resp.StatusCode, problem.Detail)
	}
	return errs.Say(kind, "平台拒绝了请求（%d %s）", "the platform refused (%d %s)", resp.StatusCode, problem.Title)
}
