package identity

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Account is a login with the password to print for it, once.
type Account struct {
	Login, Password string
	Name            lang.Text
	Unit            string
	Roles           []string
	MustChange      bool
}

// Bootstrap makes the three administrators with random one-time passwords when there is no person at all, and returns them to be
// printed once; it returns none where there are people. A database of the demo is refused (errs.Conflict): its accounts' passwords were
// shown to anybody.
func (s *Service) Bootstrap(ctx context.Context) ([]Account, error) {
	real, demo, err := s.countPeople(ctx)
	if err != nil {
		return nil, err
	}
	if demo > 0 {
		return nil, errs.Say(errs.Conflict, "此数据目录是演示数据，不能用于正式运行；请另选数据目录",
			"these data are a demo's and not for service; choose another data directory")
	}
	if real > 0 {
		return []Account{}, nil
	}
	list := administrators(s.coordinator())
	for i := range list {
		list[i].Password, list[i].MustChange = NewPassword(), true
	}
	if err := s.install(ctx, list, false); err != nil {
		return nil, errs.Wrap("make the first accounts", err)
	}
	return list, nil
}

// Demo makes the ready-made accounts of `haihe demo`, or gives them a password again where they are there, and returns them.
// password "" makes a random one for each. Data with real accounts are refused (errs.Conflict).
func (s *Service) Demo(ctx context.Context, password string) ([]Account, error) {
	real, _, err := s.countPeople(ctx)
	if err != nil {
		return nil, err
	}
	if real > 0 {
		return nil, errs.Say(errs.Conflict, "此数据目录已有正式账户，不能用于演示；请另选数据目录",
			"these data have real accounts and are not for the demo; choose another data directory")
	}
	it, power := s.coordinator(), "power"
	list := append(administrators(it),
		Account{Login: "officer", Name: lang.T("经信委经办人", "Officer, Economy and IT"), Unit: it, Roles: []string{RoleOfficer}},
		Account{Login: "leader", Name: lang.T("经信委负责人", "Leader, Economy and IT"), Unit: it, Roles: []string{RoleLeader}},
		Account{Login: "power-officer", Name: lang.T("电力公司经办人", "Officer, Electric Power"), Unit: power, Roles: []string{RoleOfficer}},
		Account{Login: "power-leader", Name: lang.T("电力公司负责人", "Leader, Electric Power"), Unit: power, Roles: []string{RoleLeader}},
		Account{Login: "power-operator", Name: lang.T("电力公司值班员", "Operator, Electric Power"), Unit: power, Roles: []string{RoleOperator}},
		Account{Login: "customer", Name: lang.T("用电客户（演示）", "Customer (demo)"), Roles: []string{RoleCitizen}},
		Account{Login: "reader", Name: lang.T("查阅人", "Reader"), Unit: it, Roles: []string{RoleReader}},
	)
	for _, a := range []Account{
		{Login: "safety-operator", Name: lang.T("安监局值班员", "Operator, Work Safety"), Unit: "work-safety", Roles: []string{RoleOperator}},
		{Login: "emergency-officer", Name: lang.T("应急办经办人", "Officer, Emergency Office"), Unit: "emergency-office", Roles: []string{RoleOfficer}},
		{Login: "emergency-leader", Name: lang.T("应急办负责人", "Leader, Emergency Office"), Unit: "emergency-office", Roles: []string{RoleLeader}},
	} {
		if _, err := s.Unit(a.Unit); err == nil { // another plan may not know these units
			list = append(list, a)
		}
	}
	for i := range list {
		if list[i].Password = password; password == "" {
			list[i].Password = NewPassword()
		}
	}
	if err := s.install(ctx, list, true); err != nil {
		return nil, errs.Wrap("make the demo's accounts", err)
	}
	return list, nil
}

func administrators(unit string) []Account {
	return []Account{
		{Login: "system", Name: lang.T("系统管理员", "System administrator"), Unit: unit, Roles: []string{RoleSystem}},
		{Login: "security", Name: lang.T("安全管理员", "Security administrator"), Unit: unit, Roles: []string{RoleSecurity}},
		{Login: "audit", Name: lang.T("审计管理员", "Audit administrator"), Unit: unit, Roles: []string{RoleAudit}},
	}
}

func (s *Service) countPeople(ctx context.Context) (real, demo int64, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if err := tx.Get(qPeopleCount, []any{false}, &real); err != nil {
			return err
		}
		return tx.Get(qPeopleCount, []any{true}, &demo)
	})
	return real, demo, errs.Wrap("count people", err)
}

// install makes each account, or resets the demo's where it is there.
func (s *Service) install(ctx context.Context, list []Account, demo bool) error {
	by := System("identity")
	for _, a := range list {
		p := Person{Login: a.Login, Name: a.Name, Unit: a.Unit, Roles: a.Roles}
		_, err := s.create(ctx, by, p, a.Password, a.MustChange, demo)
		if demo && errs.Is(err, errs.Conflict) {
			err = s.restore(ctx, by, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// restore brings an account of the demo back to how it was made.
func (s *Service) restore(ctx context.Context, by *Principal, want Account) error {
	have, err := s.accountOf(ctx, want.Login)
	if err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, want.Password)
	if err != nil {
		return err
	}
	admin, business, err := splitRoles(want.Roles)
	if err != nil {
		return err
	}
	return s.amend(ctx, by, have.ID, "restore account", func(tx *store.Tx, a *account) (journal.Act, error) {
		act := journal.Act{Verb: "restore-demo"}
		if _, err := tx.Exec(qPersonPassword, hash, false, a.ID); err != nil {
			return act, err
		}
		if _, err := tx.Exec(qPersonRoles, admin, packRoles(business), a.ID); err != nil {
			return act, err
		}
		if _, err := tx.Exec(qPersonDisable, false, a.ID); err != nil {
			return act, err
		}
		_, err := s.endSessions(tx, a.ID)
		return act, err
	})
}
