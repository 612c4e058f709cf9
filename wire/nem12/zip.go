package nem12

import (
	"archive/zip"
	"io"
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// Member is one file inside a zip archive.
type Member struct {
	Name string
	Size int64 // unpacked, as the archive states it
	file *zip.File
}

// Open reads the member. What it gives ends with an *Error where the member unpacks to more than the archive states: a bomb.
func (m Member) Open() (io.ReadCloser, error) { return m.file.Open() }

// IsZip tells by its first bytes whether a file is a zip archive.
func IsZip(head []byte) bool { return strings.HasPrefix(string(head), "PK\x03\x04") }

// Members lists the files of a zip archive, in its order. Folders, and what macOS adds, are left out.
func Members(r io.ReaderAt, size int64) ([]Member, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, &Error{Clause: "4.1", Fatal: true, cause: err,
			Reason: lang.T("压缩文件已损坏或不是 ZIP 格式", "the archive is damaged or no zip")}
	}
	var out []Member
	for _, f := range z.File {
		if !f.FileInfo().IsDir() && !strings.HasPrefix(f.Name, "__MACOSX/") {
			out = append(out, Member{Name: f.Name, Size: int64(f.UncompressedSize64), file: f})
		}
	}
	return out, nil
}
