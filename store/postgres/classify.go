package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haihe-city/haihe/errs"
)

// classify gives PostgreSQL's codes (the manual's appendix A) their kinds.
func classify(err error) error {
	var pe *pgconn.PgError
	var ce *pgconn.ConnectError
	var he *errs.Error
	switch {
	case errors.As(err, &he):
		return err
	case errors.As(err, &ce):
		return connect(err, ce)
	case !errors.As(err, &pe):
		return other(err)
	}
	switch pe.Code {
	case "23505", "23503", "23001": // unique, foreign key, restrict
		return errs.As(errs.Conflict, "postgres", err)
	case "53100":
		return say(errs.Unavailable, err, "数据库服务器磁盘空间已满，数据未写入；请清理后重试", "the database server's disk is full and nothing was written; free space there and try again")
	case "57014":
		return errs.As(errs.Unavailable, "postgres", err)
	case "42501":
		return say(errs.Unavailable, err, "数据库用户权限不足；请授予其建表权限（GRANT CREATE, USAGE ON SCHEMA）",
			"the database user lacks permissions; grant it the making of tables (GRANT CREATE, USAGE ON SCHEMA)")
	case "54000", "54001", "54011", "54023":
		return errs.As(errs.TooLarge, "postgres", err)
	}
	switch pe.Code[:2] {
	case "22", "23": // data exceptions, other constraints
		return errs.As(errs.Invalid, "postgres", err)
	case "40", "55": // serialization, deadlock, lock not available
		return errs.As(errs.Busy, "postgres", err)
	case "08", "53", "57", "58": // connection, resources, shutdown, the system's I/O
		return lost(err)
	}
	return errs.As(errs.Internal, "postgres", err)
}

func lost(err error) error {
	return say(errs.Unavailable, err, "数据库服务器暂不可用，请稍后重试；持续出现时请检查 PostgreSQL 服务",
		"the database server is not available; try again in a moment, and check the PostgreSQL service if this goes on")
}

func connect(err error, ce *pgconn.ConnectError) error {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch pe.Code {
		case "28P01", "28000":
			return say(errs.Unavailable, err, "数据库用户 %s 登录失败；请检查连接串中的用户和口令", "the database user %s could not sign in; check user and password in the connection string", ce.Config.User)
		case "3D000":
			return say(errs.Unavailable, err, "数据库 %s 不存在；请建库：CREATE DATABASE %[1]s TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'",
				"the database %s does not exist; create it: CREATE DATABASE %[1]s TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'", ce.Config.Database)
		}
	}
	return say(errs.Unavailable, err, "连接不上数据库服务器 %s:%d；请检查该服务是否运行、地址是否正确",
		"the database server %s:%d cannot be reached; check that it runs and that the address is right", ce.Config.Host, ce.Config.Port)
}

// other sorts what is no answer of the server: a value that fits no column's type, a lost connection.
func other(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case isEncoding(err):
		return errs.As(errs.Invalid, "postgres", err)
	case isLost(err):
		return lost(err)
	}
	return errs.As(errs.Internal, "postgres", err)
}

// isEncoding tells a value that does not fit its parameter's type. pgx has no type for it, only this text.
func isEncoding(err error) bool { return strings.HasPrefix(err.Error(), "failed to encode args") }

func isLost(err error) bool {
	var ne net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &ne)
}
