package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/journal/audit"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust/path"
	stamps "github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/note"
	"github.com/haihe-city/haihe/wire/x509"
)

// look is how often it is looked whether a time stamp is due, and how soon a source that is gone is asked again.
const look = time.Minute

// digests are what a checkpoint may be stamped by. A service of ours signs with SM2 where it is asked with SM3.
var digests = map[string]string{"sha256": stamps.SHA256, "sm3": stamps.SM3}

// openStamps reads the roots of the time-stamp source and keeps them beside the log: an export has to hold them.
func (s *service) openStamps(ctx context.Context) error {
	if s.conf.StampRoots == "" {
		return nil
	}
	roots, err := stamps.ReadAnchors(s.conf.StampRoots)
	if err != nil {
		return err
	}
	for _, c := range roots {
		sum := sha256.Sum256(c.Raw)
		if err := s.logs.Put(ctx, logName, tiles.Along{Kind: tiles.Certificate, Name: "tsa-" + hex.EncodeToString(sum[:8]), Data: c.Raw}); err != nil {
			return err
		}
	}
	s.stampRoots = roots
	return nil
}

// stamp asks for a time stamp over the newest checkpoint where one is due: the last is older than the pace, or of another day, and the log has
// grown since. A source that is gone stops nothing: it is asked again, and the stamp that comes at last covers all entries before it.
func (s *service) stamp(ctx context.Context) error {
	err := s.stampDue(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() == nil || err == nil {
		if err != nil && s.unstamped == nil {
			s.since = s.h.Clock.Now()
		}
		s.unstamped = err
	}
	return err
}

func (s *service) stampDue(ctx context.Context) error {
	log := s.current().Log
	c, err := log.Latest(ctx)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	last, a, err := log.LastStamp(ctx)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	now := s.h.Clock.Now()
	if err == nil && (last.Size == c.Size || now.Sub(a.At) < s.conf.StampEvery && day(now) == day(a.At)) {
		return nil
	}
	message := audit.Stamped(c.Note, log.Origin())
	token, err := stamps.Ask(ctx, s.client, s.conf.Stamp, digests[s.conf.StampDigest], message)
	if err != nil {
		return err
	}
	if s.stampRoots != nil {
		if _, err := stamps.Verify(token, message, now, path.Options{Anchors: s.stampRoots}); err != nil {
			return errs.Because(err, errs.Conflict, "时间戳的签发机构不在 seal.stamp_roots 之下", "the time stamp's authority is not below seal.stamp_roots")
		}
	}
	return s.logs.Put(ctx, logName, tiles.Along{Kind: tiles.Stamp, Name: tiles.StampName(c.Size), Data: token})
}

// day is the city's day: the last checkpoint of a day is stamped as soon as the next has begun.
func day(t time.Time) string { return t.In(calendar.China).Format(time.DateOnly) }

// provable gives the checkpoint that a proof of an entry is made for: the newest with a time stamp where it holds the entry, the newest else.
func provable(ctx context.Context, log *tiles.Log, index uint64) (tiles.Signed, error) {
	c, _, err := log.LastStamp(ctx)
	if err == nil && index < c.Size {
		return c, nil
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return c, err
	}
	return log.Latest(ctx)
}

// evidence is what `haihe verify --with` takes beside a proof: certificates, revocation lists and the newest time stamp, in PEM. RFC 7468
func (s *service) evidence(ctx context.Context) ([]byte, error) {
	log := s.current().Log
	all, err := s.logs.Along(ctx, logName)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, a := range all {
		kind := map[string]string{tiles.Certificate: "CERTIFICATE", tiles.List: "X509 CRL"}[a.Kind]
		if kind == "" {
			continue
		}
		if err := pem.Encode(&out, &pem.Block{Type: kind, Bytes: a.Data}); err != nil {
			return nil, err
		}
	}
	_, a, err := log.LastStamp(ctx)
	if errs.Is(err, errs.NotFound) {
		return out.Bytes(), nil
	}
	if err == nil {
		err = pem.Encode(&out, &pem.Block{Type: "CMS", Bytes: a.Data})
	}
	return out.Bytes(), err
}

// stampFacts say up to where the log is stamped, by whom, and what keeps the next one.
func (s *service) stampFacts(ctx context.Context, log *tiles.Log) ([]ui.Block, error) {
	f := ui.Facts{ID: "stamp", Title: lang.T("时间戳", "Time stamps")}
	if s.conf.Stamp == "" {
		f.Items = []ui.Fact{{Name: lang.T("时间戳服务", "Time-stamp service"), Value: lang.T("未设置", "not set")}}
		return []ui.Block{f}, nil
	}
	f.Items = []ui.Fact{{Name: lang.T("时间戳服务", "Time-stamp service"), Value: lang.Same(s.conf.Stamp)}}
	c, a, err := log.LastStamp(ctx)
	switch {
	case errs.Is(err, errs.NotFound):
		f.Items = append(f.Items, ui.Fact{Name: lang.T("最近一次", "Newest"), Value: lang.T("尚无", "none yet")})
	case err != nil:
		return nil, err
	default:
		f.Items = append(f.Items, ui.Fact{Name: lang.T("最近一次", "Newest"), Time: a.At}, ui.Fact{Name: lang.T("涵盖条目", "Entries covered"), Value: lang.Same(ui.Grouped(int64(c.Size)))})
	}
	out := []ui.Block{f}
	s.mu.Lock()
	failed, since := s.unstamped, s.since
	s.mu.Unlock()
	if failed != nil {
		t, ok := errs.MsgOf(failed)
		if !ok {
			t = lang.T("原因见运行日志", "the program's log has the reason")
		}
		at := since.In(calendar.China).Format("2006-01-02 15:04")
		out = append([]ui.Block{ui.Notice{ID: "unstamped", Kind: "warn", Text: lang.T("自 "+at+" 起未能取得时间戳（"+t.Zh+"）。签署照常进行，每分钟重试；恢复后的时间戳涵盖此前全部条目。",
			"No time stamp could be had since "+at+" ("+t.En+"). Signing goes on and the service is asked again every minute; the stamp that comes then covers all entries before it.")}}, out...)
	}
	return out, nil
}

// certified tells when the log's signers were certified, for the page.
func (s *service) certified(ctx context.Context, k note.Key) (lang.Text, error) {
	all, err := s.logs.Along(ctx, logName)
	if err != nil {
		return lang.Text{}, err
	}
	for _, a := range all {
		if a.Kind != tiles.Certificate {
			continue
		}
		if c, err := x509.Parse(a.Data); err == nil && !c.Known.CA && c.NotAfter.After(s.h.Clock.Now()) {
			if own, err := audit.KeyOf(k.Name, c.Key.Raw); err == nil && own.ID == k.ID {
				until := c.NotAfter.In(calendar.China).Format(time.DateOnly)
				return lang.T("已由本市 CA 签发，有效期至 "+until, "of the city's authority, until "+until), nil
			}
		}
	}
	return lang.T("尚无证书", "no certificate yet"), nil
}
