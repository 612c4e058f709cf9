package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
)

// MaxFile bounds an attachment, in bytes.
const MaxFile = 32 << 20

// piece is how much of an attachment one row holds.
const piece = 512 << 10

// media are the types of attachment that are taken, with how their content begins; "" is not looked at.
var media = map[string][]string{
	"application/pdf": {"%PDF-"},
	"image/jpeg":      {"\xff\xd8\xff"},
	"image/png":       {"\x89PNG\r\n\x1a\n"},
	"image/webp":      {"RIFF"},
	"video/mp4":       {""},
	"audio/mpeg":      {"ID3", "\xff"},
	"audio/mp4":       {""},
	"audio/wav":       {"RIFF"},
	"text/plain":      {""},
	"text/csv":        {""},
	"application/zip": {"PK"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": {"PK"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       {"PK"},
}

// fits tells whether content begins as its type does; markup in what says it is text is refused, as a browser might run it.
func fits(kind string, head []byte) bool {
	marks, ok := media[kind]
	if !ok {
		return false
	}
	if strings.HasPrefix(kind, "text/") {
		return strings.HasPrefix(http.DetectContentType(head), "text/plain")
	}
	for _, m := range marks {
		if strings.HasPrefix(string(head), m) {
			return true
		}
	}
	return false
}

// Attach keeps a file with a case: at most 32 MiB, name and type as given, SHA-256 in the timeline. The content is written in pieces
// before the line, so that no other writer waits for it; of an upload that fails nothing is kept.
func (s *Service) Attach(ctx context.Context, by *identity.Principal, id, name, kind string, r io.Reader) (line Line, err error) {
	if _, err := s.Get(ctx, by, id); err != nil {
		return line, err
	}
	name = path.Base(strings.ReplaceAll(strings.TrimSpace(name), `\`, "/"))
	if err := plain(name, 200); err != nil || name == "." || name == "/" || strings.ContainsAny(name, "\n\r\t\"") {
		return line, errs.Say(errs.Invalid, "文件名无效", "the file's name is not valid")
	}
	kind, _, _ = strings.Cut(strings.ToLower(kind), ";")
	if _, ok := media[kind]; !ok {
		return line, errs.Say(errs.Invalid, "不接收此类文件；可传 PDF、图片、音视频、Word、Excel、文本和 ZIP", "files of this type are not taken: PDF, pictures, audio, video, Word, Excel, text and ZIP are")
	}
	fileID := store.NewID(s.o.Now())
	size, sum, err := s.upload(ctx, fileID, kind, r)
	if err == nil {
		err = s.o.DB.Write(ctx, func(tx *store.Tx) error {
			d, err := s.begin(tx, by, id, 0)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(qFilePut, fileID, id, name, kind, size, sum); err != nil {
				return err
			}
			d.line.Verb, d.line.Text, d.line.File, d.line.Sum = "attach", name, fileID, sum
			_, err = d.end()
			line = d.line
			return err
		})
	}
	if err != nil {
		_ = s.o.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { // Open drops what this leaves
			_, err := tx.Exec(qPieceCut, fileID)
			return err
		})
		return Line{}, errs.Wrap("attach a file", err)
	}
	return line, nil
}

// upload writes the content in pieces, each in a transaction of its own.
func (s *Service) upload(ctx context.Context, id, kind string, r io.Reader) (size int64, sum string, err error) {
	h := sha256.New()
	for num := int64(0); ; num++ {
		body := make([]byte, piece)
		n, err := io.ReadFull(r, body)
		body = body[:n]
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return 0, "", errs.As(errs.Invalid, "read an attachment", err)
		}
		if num == 0 && (n == 0 || !fits(kind, body[:min(n, 512)])) {
			return 0, "", errs.Say(errs.Invalid, "文件为空，或内容与类型不符", "the file is empty, or its content is not of its type")
		}
		if n == 0 {
			break
		}
		if size += int64(n); size > MaxFile {
			return 0, "", errs.Say(errs.TooLarge, "附件不超过 %[1]d MiB", "an attachment has at most %[1]d MiB", MaxFile>>20)
		}
		h.Write(body)
		if err := s.o.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qPiecePut, id, num, body)
			return err
		}); err != nil {
			return 0, "", err
		}
		if n < piece {
			break
		}
	}
	return size, hex.EncodeToString(h.Sum(nil)), nil
}

// File opens an attachment. Its reader fails at the end where the content is not what the timeline's SHA-256 says.
func (s *Service) File(ctx context.Context, by *identity.Principal, caseID, fileID string) (name, kind string, r io.ReadCloser, err error) {
	p := &pieces{ctx: ctx, db: s.o.DB, id: fileID}
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.seen(tx, by, caseID); err != nil {
			return err
		}
		err := tx.Get(qFile, []any{fileID, caseID}, &name, &kind, &p.size, &p.sum)
		if errs.Is(err, errs.NotFound) {
			return errs.Say(errs.NotFound, "没有这个附件", "there is no such attachment")
		}
		return err
	})
	return name, kind, p, errs.Wrap("open an attachment", err)
}

// pieces reads an attachment piece by piece, each in a snapshot of its own, as pieces do not change.
type pieces struct {
	ctx       context.Context
	db        *store.DB
	id, sum   string
	size, num int64
	read      int64
	body      []byte
	h         hash.Hash
}

// Read gives the next bytes.
func (p *pieces) Read(b []byte) (int, error) {
	if p.h == nil {
		p.h = sha256.New()
	}
	for len(p.body) == 0 {
		if p.read >= p.size {
			if hex.EncodeToString(p.h.Sum(nil)) != p.sum {
				return 0, errs.Say(errs.Conflict, "附件内容与案卷所记的校验值不符", "the attachment is not what the timeline says")
			}
			return 0, io.EOF
		}
		err := p.db.Read(p.ctx, func(tx *store.Tx) error { return tx.Get(qPiece, []any{p.id, p.num}, &p.body) })
		if err != nil {
			return 0, errs.Wrap("read an attachment", err)
		}
		p.num++
		p.read += int64(len(p.body))
		if _, err := p.h.Write(p.body); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.body)
	p.body = p.body[n:]
	return n, nil
}

// Close ends nothing: no piece is held open.
func (p *pieces) Close() error { return nil }
