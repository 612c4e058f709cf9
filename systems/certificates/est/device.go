package est

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/base64"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const columns = `id, name, unit, secret, state, made, expires, ended`

var (
	qAdd = store.Q("est_device_add", `INSERT INTO est_device (id, name, unit, secret, state, made, made_by, expires, ended) VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, 0)`)
	qOne = store.Q("est_device", `SELECT `+columns+` FROM est_device WHERE name = $1 AND state = 'active'`)
	qAll = store.Q("est_devices", `SELECT `+columns+` FROM est_device ORDER BY made DESC, id LIMIT $1`)
	qEnd = store.Q("est_device_end", `UPDATE est_device SET state = 'ended', ended = $2 WHERE id = $1 AND state = 'active'`)
)

// Grant is under which devices are registered and certificates issued.
const Grant = "certificates.est"

// passwordLife is how long a password may be used after registration.
const passwordLife = 30 * 24 * time.Hour

// Device is one that may enrol.
type Device struct {
	ID, Name, Unit string
	Active         bool
	Made, Expires  time.Time // Expires: of the password
	Ended          time.Time
	secret         []byte
}

func (d *Device) scan(scan func(...any) error) error {
	var made, expires, ended int64
	var state string
	if err := scan(&d.ID, &d.Name, &d.Unit, &d.secret, &state, &made, &expires, &ended); err != nil {
		return err
	}
	d.Active, d.Made, d.Expires, d.Ended = state == "active", store.Time(made), store.Time(expires), store.Time(ended)
	return nil
}

// Grants are what people may do here.
func Grants() []identity.Grant {
	return []identity.Grant{{Name: Grant, Title: lang.T("登记可自行注册证书的设备", "Register devices that enrol for certificates"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}}}
}

// Acts are the words of what the part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "certificate.est-device", Title: lang.T("登记可自行注册证书的设备", "Registered a device for EST")},
		{Verb: "certificate.est-end", Title: lang.T("终止设备的证书注册", "Ended a device's EST")},
	}
}

// Register enters a device of a unit. The password is given out here and never again.
func (s *Service) Register(ctx context.Context, by *identity.Principal, unit, name string) (d Device, password string, err error) {
	name = strings.TrimSpace(name)
	switch {
	case !by.Can(Grant):
		return d, "", errs.Say(errs.Denied, "您没有登记设备的权限", "you may not register devices")
	case unit == "" || !plain(name):
		return d, "", errs.Say(errs.Invalid, "请选择单位，并填写设备名称：字母、数字、点和连字符，最多 64 个", "choose a unit and give the device's name: letters, digits, dots and dashes, at most 64")
	}
	raw := make([]byte, 20)
	rand.Read(raw) // never fails: the program ends first
	password = base64.RawURLEncoding.EncodeToString(raw)
	sum, now := sha256.Sum256([]byte(password)), s.o.Now()
	d = Device{ID: store.NewID(now), Name: name, Unit: unit, Active: true, Made: now, Expires: now.Add(passwordLife)}
	err = s.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.find(tx, name); err == nil {
			return errs.Say(errs.Conflict, "已有名为“%s”的设备在用", "a device named %q is in service already", name)
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
		if _, err := tx.Exec(qAdd, d.ID, d.Name, d.Unit, sum[:], store.Micros(now), by.ID, store.Micros(d.Expires)); err != nil {
			return err
		}
		return s.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: Grant, Verb: "certificate.est-device", Object: "est-device:" + d.ID, Detail: map[string]any{"unit": unit, "name": name}})
	})
	return d, password, err
}

// End takes a device out of service: it enrols and renews no more. Its certificates stand until they are revoked or end.
func (s *Service) End(ctx context.Context, by *identity.Principal, id string) error {
	if !by.Can(Grant) {
		return errs.Say(errs.Denied, "您没有登记设备的权限", "you may not register devices")
	}
	return s.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qEnd, id, store.Micros(s.o.Now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "没有这台设备，或已终止", "there is no such device, or it has ended")
		}
		return s.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: Grant, Verb: "certificate.est-end", Object: "est-device:" + id})
	})
}

// Devices lists the newest registrations.
func (s *Service) Devices(ctx context.Context, limit int) (out []Device, err error) {
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qAll, []any{limit}, func(scan func(...any) error) error {
			var d Device
			if err := d.scan(scan); err != nil {
				return err
			}
			out = append(out, d)
			return nil
		})
	})
	return out, err
}

func (s *Service) find(tx *store.Tx, name string) (d Device, err error) {
	err = d.scan(func(dest ...any) error { return tx.Get(qOne, []any{name}, dest...) })
	return d, err
}

// fits tells whether the password is the device's and still counts.
func (d *Device) fits(password string, now time.Time) bool {
	sum := sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(sum[:], d.secret) == 1 && now.Before(d.Expires)
}

// plain tells whether s may name a device.
func plain(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 64
}
