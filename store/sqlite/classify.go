package sqlite

import (
	"errors"
	"io/fs"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/haihe-city/haihe/errs"
)

// classify gives SQLite's codes (sqlite.org/rescode.html) their kinds.
func (e engine) classify(err error) error {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return errs.As(errs.KindOf(err), "sqlite", err)
	}
	switch se.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID, lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return errs.As(errs.Conflict, "sqlite", err)
	}
	switch se.Code() & 0xff {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_MISMATCH:
		return errs.As(errs.Invalid, "sqlite", err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return errs.As(errs.Busy, "sqlite", err)
	case lib.SQLITE_TOOBIG:
		return errs.As(errs.TooLarge, "sqlite", err)
	case lib.SQLITE_FULL:
		return e.say(errs.Unavailable, err, "磁盘空间已满，数据未写入；请清理 %s 所在磁盘后重试",
			"the disk is full and nothing was written; free space on the disk of %s and try again")
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM, lib.SQLITE_AUTH:
		return e.noAccess(err)
	case lib.SQLITE_IOERR:
		return e.say(errs.Unavailable, err, "读写数据库文件 %s 失败；请检查磁盘", "reading or writing the database file %s failed; check the disk")
	case lib.SQLITE_NOTADB:
		return e.say(errs.Invalid, err, "文件 %s 不是数据库；请检查数据目录设置，或移走该文件", "the file %s is not a database; check the data folder's setting, or move the file away")
	case lib.SQLITE_CORRUPT:
		return e.say(errs.Unavailable, err, "数据库文件 %s 已损坏；请从备份恢复", "the database file %s is damaged; restore it from a backup")
	}
	return errs.As(errs.Internal, "sqlite", err)
}

// say makes an error whose message names the file, keeping the cause.
func (e engine) say(k errs.Kind, cause error, zh, en string) error {
	msg := errs.Say(k, zh, en, e.path)
	var m *errs.Error
	if errors.As(msg, &m) {
		m.Op, m.Err = "sqlite", cause
	}
	return msg
}

func (e engine) noAccess(cause error) error {
	if errors.Is(cause, fs.ErrNotExist) {
		return e.say(errs.Unavailable, cause, "数据目录不存在，无法建立 %s", "the data folder does not exist; %s cannot be made")
	}
	return e.say(errs.Unavailable, cause, "数据库文件 %s 不可写；请检查目录和文件的权限", "the database file %s cannot be written; check the permissions of the folder and the file")
}

// lockError tells a second instance from a folder that cannot be written.
func (e engine) lockError(err error) error {
	if errors.Is(err, errLocked) {
		return e.say(errs.Conflict, err, "数据 %s 正被另一个实例使用；请先停止该实例，或为本实例指定其他数据目录",
			"another instance is using the data %s; stop it first, or give this one another data folder")
	}
	return e.noAccess(err)
}
