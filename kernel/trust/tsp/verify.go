package tsp

import (
	"bytes"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cms"
	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/wire/tsp"
	"github.com/haihe-city/haihe/wire/x509"
)

// Purpose is the extended key usage of a time-stamping certificate. RFC 3161 2.3
const Purpose = "1.3.6.1.5.5.7.3.8"

// Stamped is what a good token says.
type Stamped struct {
	Info *tsp.Info
	By   *x509.Certificate
	Path *path.Result
}

// Verify holds a token against a message. o brings anchors, more certificates and revocation; its Time, Purpose and Later are set here, for a
// token is judged as of the time in it. at is today: a token of the future is refused.
func Verify(token, message []byte, at time.Time, o path.Options) (*Stamped, error) {
	info, signature, m, err := open(token, o)
	if err != nil {
		return nil, err
	}
	sum := path.HashOf(info.Imprint.Hash)
	if sum == nil || digests[info.Imprint.Hash] == 0 && !o.Legacy {
		return nil, errs.Say(errs.Invalid, "时间戳的摘要算法不支持或不允许", "the time stamp's digest algorithm is unknown or not allowed")
	}
	if !bytes.Equal(sum(message), info.Imprint.Digest) {
		return nil, errs.Say(errs.Conflict, "时间戳不是这份内容的", "the time stamp is over other content")
	}
	if info.Time.After(at.Add(info.Accuracy + time.Minute)) {
		return nil, errs.Say(errs.Conflict, "时间戳的时间在将来", "the time stamp is of the future")
	}
	c := signature.Certificate
	// RFC 3161 2.3: for time stamps only, and said so critically.
	if x, ok := c.Extension(x509.OIDPurposes); !ok || !x.Critical || len(c.Known.Purposes) != 1 || c.Known.Purposes[0] != Purpose {
		return nil, errs.Say(errs.Conflict, "签发时间戳的证书不是时间戳专用", "the time stamp's certificate is not for time stamps only")
	}
	o.Time, o.Purpose, o.Later = info.Time, Purpose, true
	o.Others = append(append([]*x509.Certificate{}, o.Others...), m.Certificates...)
	o.Lists = append(append([]*x509.CRL{}, o.Lists...), m.Lists...)
	res, err := path.Verify(c, o)
	if err != nil {
		return nil, errs.Because(err, errs.Conflict, "时间戳的证书无效", "the time stamp's certificate is not valid")
	}
	for _, k := range res.Marks {
		if k.Index == len(res.Chain)-1 && !Ended(k.Reason) {
			return nil, errs.Say(errs.Conflict, "签发时间戳的证书因密钥泄露或未说明的理由被吊销，其全部时间戳失效", "the time stamp's certificate was revoked for compromise or without reason: all its time stamps are void")
		}
	}
	return &Stamped{Info: info, By: c, Path: res}, nil
}

// Ended tells whether a reason of revocation leaves earlier tokens standing. RFC 3161 4
func Ended(reason int) bool { return reason == 0 || reason >= 3 && reason <= 5 }

// open reads a token whose signature fits.
func open(token []byte, o path.Options) (*tsp.Info, *cms.Signature, *cms.Message, error) {
	m, err := cms.OpenWith(token, nil, o.Others, o.Limits)
	if err != nil {
		return nil, nil, nil, err
	}
	if m.ContentType != tsp.TSTInfoType || len(m.Signatures) != 1 || !m.Signatures[0].Named {
		return nil, nil, nil, errs.Say(errs.Invalid, "不是时间戳，或没有指明签发证书", "no time stamp, or one that does not name its certificate")
	}
	info, err := tsp.ParseInfo(m.Content)
	if err != nil {
		return nil, nil, nil, errs.Because(err, errs.Invalid, "时间戳格式无效", "the time stamp is malformed")
	}
	return info, &m.Signatures[0], m, nil
}

// Check holds an answer against the request it is for: granted, the same digest, nonce and policy. It gives the token. RFC 3161 2.2
func Check(request *tsp.Request, answer []byte) (token []byte, err error) {
	p, err := tsp.ParseResponse(answer)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "时间戳应答格式无效", "the time-stamp answer is malformed")
	}
	if p.Token == nil {
		return nil, errs.Say(errs.Unavailable, "时间戳机构拒绝了请求", "the time-stamping authority rejected the request")
	}
	m, err := cms.Peek(p.Token)
	if err != nil {
		return nil, err
	}
	info, err := tsp.ParseInfo(m)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "时间戳格式无效", "the time stamp is malformed")
	}
	same := info.Imprint.Hash == request.Imprint.Hash && bytes.Equal(info.Imprint.Digest, request.Imprint.Digest) &&
		(request.Policy == "" || request.Policy == info.Policy) && (request.Nonce == nil) == (info.Nonce == nil) &&
		(request.Nonce == nil || request.Nonce.Cmp(info.Nonce) == 0)
	if !same {
		return nil, errs.Say(errs.Conflict, "时间戳应答与请求不符", "the time-stamp answer belongs to another request")
	}
	return p.Token, nil
}
