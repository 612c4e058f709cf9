package bulk

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/register"
	"github.com/haihe-city/haihe/web/sheet"
)

// The states of a line.
const (
	toDo    = 0
	issued  = 1
	had     = 2
	refused = 3
)

// line is one of a list, as it was read and checked.
type line struct {
	number  int64
	subject register.Subject
	request []byte
	state   int64
	said    lang.Text
}

// loadBatch is how many lines are checked and stored at a time.
const loadBatch = 500

// Load reads a list, holds each line to the rules and to the register, and keeps it as a job that waits for its start: the dry run. The
// subjects of good lines are entered in the register with it: the list is where the register comes from. No certificate is made.
func (b *Bulk) Load(ctx context.Context, by *identity.Principal, kind, name string, renewal bool, from io.Reader) (Job, error) {
	if !by.Can(register.GrantApply) {
		return Job{}, errs.Say(errs.Denied, "您无权提交证书申请", "you may not apply for certificates")
	}
	j := Job{ID: store.NewID(b.o.Now()), Kind: kind, Name: clip(name), Renewal: renewal, State: "checked", Made: b.o.Now(), MadeBy: by.ID, Unit: by.Unit}
	r := csv.NewReader(from)
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	head, err := r.Read()
	if err != nil {
		return Job{}, errs.Because(err, errs.Invalid, "文件不是 CSV，或没有表头", "the file is no CSV, or has no head line")
	}
	at := columnsOf(head)
	if at["name"] < 0 || at["request"] < 0 {
		return Job{}, errs.Say(errs.Invalid, "表头缺少 name 或 request 列", "the head line lacks the column name or request")
	}
	seen, last := map[string]bool{}, int64(0)
	batch := make([]line, 0, loadBatch)
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := b.keep(ctx, by, &j, batch)
		batch = batch[:0]
		return err
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		l := line{number: int64(sheet.LineOf(r, row, err))}
		l.number = max(l.number, last+1) // a reader that lost its way may name a line twice
		last = l.number
		if err != nil {
			l.refuse(lang.T("此行不是有效的 CSV", "this line is no valid CSV"))
		} else {
			b.read(&l, kind, row, at, seen)
		}
		if j.Total++; j.Total > mostLines {
			return Job{}, errs.Say(errs.TooLarge, "一份名单不超过 %d 行，请分批提交", "a list has at most %d lines; hand it in by parts", mostLines)
		}
		if batch = append(batch, l); len(batch) == loadBatch {
			if err := flush(); err != nil {
				return Job{}, err
			}
		}
	}
	if err := flush(); err != nil {
		return Job{}, err
	}
	if j.Total == 0 {
		return Job{}, errs.Say(errs.Invalid, "名单是空的", "the list is empty")
	}
	return j, b.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qJobAdd, j.ID, j.Kind, j.Name, flag(renewal), j.State, j.Total, j.Refused, j.Had, store.Micros(j.Made), j.MadeBy, j.Unit); err != nil {
			return err
		}
		return b.record(tx, by, register.GrantApply, "certificate.list", j.ID, map[string]any{"kind": kind, "lines": j.Total, "refused": j.Refused})
	})
}

// mostLines bounds one list: a million lines with their requests are some 400 MB.
const mostLines = 1_000_000

func columnsOf(head []string) map[string]int {
	at := map[string]int{}
	for _, want := range []string{"name", "organization", "unit", "code", "number", "request"} {
		at[want] = -1
		for i, h := range head {
			if strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")), want) {
				at[want] = i
			}
		}
	}
	return at
}

func (l *line) refuse(why lang.Text) { l.state, l.said, l.request = refused, why, []byte{} }

// read checks one row. The identity number ends here: only its digest goes on.
func (b *Bulk) read(l *line, kind string, row []string, at map[string]int, seen map[string]bool) {
	cell := func(name string) string {
		if i := at[name]; i >= 0 && i < len(row) {
			return strings.Clone(strings.TrimSpace(row[i])) // the reader uses its row again
		}
		return ""
	}
	l.subject = register.Subject{Kind: kind, Name: cell("name"), Organization: cell("organization"), Unit: cell("unit"), Code: cell("code"), Number: cell("number")}
	if err := l.subject.Check(); err != nil {
		l.refuse(words(err))
		return
	}
	key := l.subject.Code + "|" + l.subject.Number
	if seen[key] {
		l.refuse(lang.T("与本名单另一行是同一主体", "the same subject stands in this list before"))
		return
	}
	seen[key] = true
	der, err := base64.StdEncoding.DecodeString(cell("request"))
	if err != nil || len(der) == 0 {
		l.refuse(lang.T("request 列不是 Base64 编码的证书请求", "the column request is no certificate request in base64"))
		return
	}
	if _, err := cert.ReadRequest(der); err != nil {
		l.refuse(lang.T("证书请求无效，或签名与公钥不符", "the request is not valid, or its signature does not fit its key"))
		return
	}
	l.request = der
	if err := b.o.Register.Identify(&l.subject); err != nil {
		l.refuse(words(err))
	}
}

// keep stores lines; those whose subject has a certificate that this job would not renew are marked.
func (b *Bulk) keep(ctx context.Context, by *identity.Principal, j *Job, batch []line) error {
	var bad, held int64
	err := b.o.DB.Write(ctx, func(tx *store.Tx) error {
		bad, held = 0, 0
		var good []*register.Subject
		for i := range batch {
			if batch[i].state == toDo {
				good = append(good, &batch[i].subject)
			}
		}
		if err := b.o.Register.Enter(tx, j.MadeBy, j.Unit, good); err != nil {
			return err
		}
		args := make([]any, 0, len(batch)*11)
		for i := range batch {
			l := &batch[i]
			s := &l.subject
			if l.state == toDo && !b.o.Register.May(by, s.Office) {
				l.refuse(lang.T("该主体由其他单位登记", "another unit entered this subject"))
			}
			if l.state == toDo && !j.Renewal {
				var n int64
				if err := tx.Get(qHolds, []any{s.ID, j.Kind, store.Micros(b.o.Now())}, &n); err != nil {
					return err
				}
				if n > 0 {
					l.state, l.said = had, lang.T("已有有效证书", "has a standing certificate")
					held++
				}
			}
			if l.state == refused {
				bad++
			}
			args = append(args, j.ID, l.number, s.ID, s.Name, s.Organization, s.Unit, s.Code, l.request, l.state, l.said.Zh, l.said.En)
		}
		_, err := tx.ExecBulk(bLine, args)
		return err
	})
	j.Refused, j.Had = j.Refused+bad, j.Had+held
	return err
}

func words(err error) lang.Text {
	if t, ok := errs.MsgOf(err); ok {
		return t
	}
	return lang.T("系统错误，请重试", "a fault of the system; try again")
}

func clip(s string) string {
	if r := []rune(strings.TrimSpace(s)); len(r) > 80 {
		return string(r[:80])
	}
	return strings.TrimSpace(s)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
