package ca

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/kernel/trust/sm"
)

// The acts.
const (
	verbInit = "init-root"
	verbSign = "sign"
	verbList = "crl"
)

// act is what was done. Name, Serial and SHA256 are of the certificate that was made, or SHA256 of the list.
type act struct {
	Number  int64     `json:"number"` // from 1
	At      time.Time `json:"at"`
	Verb    string    `json:"verb"`
	Before  string    `json:"before"` // digest of the line before in hexadecimal digits, "" for the first
	Name    string    `json:"name,omitempty"`
	Serial  string    `json:"serial,omitempty"`
	SHA256  string    `json:"sha256,omitempty"`
	List    int64     `json:"list,omitempty"`    // number of a list
	Revoked []revoked `json:"revoked,omitempty"` // all that is on the list
}

// revoked is a certificate on a list.
type revoked struct {
	Serial string      `json:"serial"`
	At     time.Time   `json:"at"`
	Reason cert.Reason `json:"reason"`
}

// line is an act as it stands in the file: its bytes, their SM3 digest, and the root's signature over it.
type line struct {
	Act       json.RawMessage `json:"act"`
	SM3       string          `json:"sm3"`
	Signature []byte          `json:"signature"`
}

// signedText is what the root signs of a line. It begins with letters, so that it can be taken for nothing that a certificate is made of.
func signedText(digest string) []byte { return []byte("haihe-root-log/1\n" + digest + "\n") }

func digestOf(act []byte) string {
	s := sm.Sum(act)
	return hex.EncodeToString(s[:])
}

// record is a log that was read.
type record struct {
	acts  []act
	last  string // digest of the last line
	whole int64  // bytes up to the end of the last line
	torn  bool   // something stands behind it: the machine stopped while a line was written, before anything was handed out
}

// readLog reads a log and holds it to the root's certificate. errs.Conflict names the first line that does not fit.
func readLog(path string, root *cert.Certificate) (r record, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return r, errs.Because(err, errs.NotFound, "根操作日志 %s 读不了", "the root's log %s cannot be read", path)
	}
	for int(r.whole) < len(b) {
		text, _, ok := bytes.Cut(b[r.whole:], []byte("\n"))
		if r.torn = !ok; r.torn {
			break
		}
		n := len(r.acts) + 1
		var l line
		var a act
		if json.Unmarshal(text, &l) != nil || json.Unmarshal(l.Act, &a) != nil {
			return r, errs.Say(errs.Conflict, "根操作日志第 %d 行无法读取", "line %d of the root's log cannot be read", n)
		}
		switch {
		case a.Number != int64(n) || a.Before != r.last:
			return r, errs.Say(errs.Conflict, "根操作日志第 %d 行与上一行不相连：有行被删除、插入或移位", "line %d of the root's log does not follow the one before: a line was dropped, put in or moved", n)
		case l.SM3 != digestOf(l.Act):
			return r, errs.Say(errs.Conflict, "根操作日志第 %d 行被改动", "line %d of the root's log was changed", n)
		case pki.Verify(root.PublicKey, signedText(l.SM3), l.Signature) != nil:
			return r, errs.Say(errs.Conflict, "根操作日志第 %d 行不是由根签署的", "line %d of the root's log is not signed by the root", n)
		}
		r.acts, r.last, r.whole = append(r.acts, a), l.SM3, r.whole+int64(len(text))+1
	}
	return r, nil
}

// add writes an act behind what was read and has it on the disk when it returns; it gives the act's number and digest.
func (r record) add(path string, key crypto.Signer, a act) (number int64, digest string, err error) {
	a.Number, a.Before, a.At = int64(len(r.acts))+1, r.last, a.At.UTC().Truncate(time.Second)
	body, err := json.Marshal(a)
	if err != nil {
		return 0, "", err
	}
	digest = digestOf(body)
	sig, err := pki.Sign(key, signedText(digest))
	if err != nil {
		return 0, "", err
	}
	text, err := json.Marshal(line{Act: body, SM3: digest, Signature: sig})
	if err != nil {
		return 0, "", err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return 0, "", errs.Because(err, errs.Unavailable, "根操作日志 %s 写不了", "the root's log %s cannot be written", path)
	}
	err = f.Truncate(r.whole)
	if err == nil {
		_, err = f.WriteAt(append(text, '\n'), r.whole)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, "", errs.Because(err, errs.Unavailable, "根操作日志 %s 写不了", "the root's log %s cannot be written", path)
	}
	return a.Number, digest, nil
}

// put writes a file whole or not at all: beside its place, flushed, then moved there. With fresh set one that is there is left alone, and
// errs.Conflict says so.
func put(path string, b []byte, mode fs.FileMode, fresh bool) error {
	if _, err := os.Lstat(path); fresh && err == nil {
		return errs.Say(errs.Conflict, "文件 %s 已存在，未作改动", "the file %s is there already and was left alone", path)
	}
	next := path + ".part"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return errs.Because(err, errs.Unavailable, "文件 %s 写不了；请检查目录和权限", "the file %s cannot be written; check its folder and permissions", path)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(errs.Because(err, errs.Unavailable, "文件 %s 写不了", "the file %s cannot be written", path), os.Remove(next))
	}
	if err := os.Rename(next, path); err != nil {
		return errs.Because(err, errs.Unavailable, "文件 %s 写不了", "the file %s cannot be written", path)
	}
	return nil
}
