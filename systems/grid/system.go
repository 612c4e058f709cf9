package grid

import (
	"context"
	"embed"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/customer"
	"github.com/haihe-city/haihe/systems/grid/forecast"
	"github.com/haihe-city/haihe/systems/grid/headend/mqtt"
	"github.com/haihe-city/haihe/systems/grid/loss"
	"github.com/haihe-city/haihe/systems/grid/order"
	"github.com/haihe-city/haihe/systems/grid/outage"
	"github.com/haihe-city/haihe/systems/grid/pages"
	"github.com/haihe-city/haihe/systems/grid/reread"
	"github.com/haihe-city/haihe/systems/grid/response"
	"github.com/haihe-city/haihe/systems/grid/vee"
	"github.com/haihe-city/haihe/web"
)

//go:embed schema/*.json
var schemas embed.FS

//go:embed table/*.sql
var tables embed.FS

// Config is the [grid] section.
type Config struct {
	DLT698        string        `toml:"dlt698_listen" doc:"DL/T 698.45 集中器接入地址，留空则不监听 / address that concentrators speaking DL/T 698.45 connect to; empty turns the listener off"`
	DLT645        string        `toml:"dlt645_listen" doc:"DL/T 645 网关接入地址，留空则不监听 / address that gateways speaking DL/T 645 connect to; empty turns the listener off"`
	QGDW1376      string        `toml:"qgdw1376_listen" doc:"Q/GDW 1376.1 终端接入地址，留空则不监听 / address that terminals speaking Q/GDW 1376.1 connect to; empty turns the listener off"`
	DLMS          string        `toml:"dlms_listen" doc:"DLMS/COSEM 电表与网关接入地址，留空则不监听 / address that meters and gateways speaking DLMS/COSEM connect to; empty turns the listener off"`
	DueAfter      time.Duration `toml:"due_after" min:"0s" max:"24h" doc:"读数应在时点之后多久到达 / how long after a quarter hour its reading is due"`
	LateAfter     time.Duration `toml:"late_after" min:"0s" max:"720h" doc:"时点之后超过此时长到达的读数记为迟到 / a reading that comes later than this after its quarter hour counts as late"`
	AheadLimit    time.Duration `toml:"ahead_limit" min:"0s" max:"24h" doc:"读数时间超前此时长即拒收（表钟有误） / readings whose time lies further ahead than this are refused: the meter's clock is wrong"`
	SlotTolerance time.Duration `toml:"slot_tolerance" min:"0s" max:"7m" doc:"读数时间与时点允许的偏差 / how far a reading's time may stand from the quarter hour to count for it"`
	SilentAfter   time.Duration `toml:"silent_after" min:"10s" max:"24h" doc:"集中器失联多久视为离线 / a concentrator not heard for this long is offline"`
	BookDays      int           `toml:"book_days" min:"2" max:"400" doc:"在内存中保留多少天的时点；更早的日子在查询时从样本统计 / days whose slots are held in memory; older days are counted from the samples when asked for"`
	KeepRaw       time.Duration `toml:"keep_raw" min:"0s" max:"876000h" doc:"逐点读数保留多久，0 为一直保留；更早的按 roll_up 汇总保存，之后不可更正 / how long single readings are kept, 0 for ever; older ones are kept as sums by roll_up, which cannot be corrected"`
	RollUp        time.Duration `toml:"roll_up" min:"15m" max:"24h" doc:"汇总周期，应整除 24 小时 / period of those sums; it divides 24 hours"`
	MaxLinks      int           `toml:"max_links" min:"1" max:"1000000" doc:"各端口合计的最大连接数 / connections accepted at once, all listeners together"`
	EstimateHour  int           `toml:"estimate_hour" min:"0" max:"23" doc:"每日几点起校核并估算前一日的读数 / hour of the day from which the readings of the day before are validated and estimated"`
	EstimateOrder string        `toml:"estimate_order" doc:"估算方法的先后：linear 线性内插、profile 当日曲线、proxy 同类日、average 历史平均 / order in which methods of estimation are tried: linear, profile, proxy, average"`
	ProlongedDays int           `toml:"prolonged_days" min:"1" max:"60" doc:"连续多少日靠估算即提示 / a meter estimated for more days than this in a row is pointed out"`
	Poll645       time.Duration `toml:"dlt645_poll" min:"1s" max:"24h" doc:"轮询 DL/T 645、DLMS 网关下电表的周期 / how often the meters behind DL/T 645 and DLMS gateways are polled"`
	Gateways      mqtt.Config   `toml:"gateways" doc:"网关 MQTT 接入与密钥 / the door of gateways that speak MQTT, and secrets"`
	Answer645     time.Duration `toml:"dlt645_answer" min:"100ms" max:"5m" doc:"等待 DL/T 645、DLMS 电表应答的时长 / how long to wait for the answer of a DL/T 645 or DLMS meter"`
	OrderKeys     string        `toml:"order_keys" doc:"停复电、校时指令的密码文件，留空则无密码 / file of the passwords that meters want to see before they obey an order; empty: there are none"`
}

// The grants of this room.
const (
	grantRead   = "grid.read"
	grantImport = "grid.import"
)

// System declares the smart grid.
func System() host.System {
	conf := &Config{DLT698: "127.0.0.1:9698", DLT645: "127.0.0.1:9645", DueAfter: 15 * time.Minute, LateAfter: 12 * time.Hour, AheadLimit: time.Hour,
		SlotTolerance: 2 * time.Minute, SilentAfter: 15 * time.Minute, BookDays: 8, RollUp: time.Hour, MaxLinks: 20_000, EstimateHour: 6, EstimateOrder: "linear,profile,proxy,average", ProlongedDays: 3, Poll645: 5 * time.Minute, Answer645: 5 * time.Second}
	return host.System{
		Name:     "grid",
		Title:    lang.T("智能电网", "Smart grid"),
		Icon:     "bolt",
		Sections: []string{"3.3.3"},
		Owners:   []string{"power"},
		Models:   schemas,
		Tables:   tables,
		Grants: append(response.Grants(), []identity.Grant{
			{Name: grantRead, Title: lang.T("查看电表与采集情况", "See meters and their collection"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader}},
			{Name: reread.Grant, Title: lang.T("下达补抄", "Order meters to be read again"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator}},
			{Name: vee.GrantEdit, Title: lang.T("下达数据校核、编辑读数", "Order validation and edit readings"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
			{Name: order.GrantAsk, Title: lang.T("申请电表指令", "Ask for orders to meters"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator}},
			{Name: order.GrantApprove, Title: lang.T("审批电表指令", "Approve orders to meters"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
			{Name: outage.GrantEdit, Title: lang.T("登记和更正停电", "Report and correct outages"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator}},
			{Name: loss.GrantInspect, Title: lang.T("查看用电异常线索、登记检查结果、设置线损限值", "See which meters are worth a look, record inspections, set limits of losses"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
			{Name: forecast.GrantLimit, Title: lang.T("设置负荷限值", "Set limits of load"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
			{Name: customer.GrantServe, Title: lang.T("办理用电客户业务", "Serve customers: codes, bindings, reports, announcements, tariffs"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
			{Name: customer.GrantOwn, Title: lang.T("查看本户用电", "See one's own meters"), Roles: []string{identity.RoleCitizen}},
			{Name: grantImport, Title: lang.T("导入档案与区间数据", "Import archives and interval files"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
		}...),
		Acts:       slices.Concat(reread.Acts, order.Acts, outage.Acts, loss.Acts, forecast.Acts, response.Acts, vee.Acts, customer.Acts),
		Needs:      []string{"entity", "series", "journal", "indicator"},
		Config:     conf,
		Indicators: []string{pages.TargetCoverage, pages.TargetMeters, outage.Target},
		Imports: []intake.Kind{
			{Name: importArchive, Title: lang.T("电表档案（CSV）", "Meter archive (CSV)"), Extensions: []string{".csv"}, Begins: []string{"address,", "\ufeffaddress,"}, Grant: grantImport},
			{Name: importNEM, Title: lang.T("区间数据（NEM12/NEM13）", "Interval data (NEM12, NEM13)"), Extensions: []string{".csv", ".zip"}, Begins: []string{"100,", "PK", "\"100"}, Grant: grantImport},
			{Name: loss.ImportName, Title: lang.T("台区和馈线供电量（CSV）", "Supplies of areas and feeders (CSV)"), Extensions: []string{".csv"}, Begins: []string{"area,", "\ufeffarea,"}, Grant: grantImport},
			{Name: customer.ImportName, Title: lang.T("账户与电表绑定（CSV）", "Bindings of accounts to meters (CSV)"), Extensions: []string{".csv"}, Begins: []string{"login,", "\ufefflogin,"}, Grant: customer.GrantServe},
			{Name: response.ImportName, Title: lang.T("需求响应主体（CSV）", "Participants in demand response (CSV)"), Extensions: []string{".csv"}, Begins: []string{"participant,", "\ufeffparticipant,"}, Grant: response.GrantManage},
			{Name: outage.ImportName, Title: lang.T("停电清单（CSV）", "List of outages (CSV)"), Extensions: []string{".csv"}, Begins: []string{"outage,", "\ufeffoutage,"}, Grant: outage.GrantEdit},
		},
		Open: func(ctx context.Context, h *host.Host) (*host.Opened, error) { return open(ctx, h, *conf) },
	}
}

func open(ctx context.Context, h *host.Host, conf Config) (*host.Opened, error) {
	s, err := newService(ctx, h, conf)
	if err != nil {
		return nil, err
	}
	if err := s.listen(ctx); err != nil {
		return nil, errs.Wrap("open the head-end", err)
	}
	return &host.Opened{
		Routes:   s.customers.Watch(slices.Concat(s.pages.Routes(), s.orders.Routes(), s.outages.Routes(), s.vee.Routes(), s.losses.Routes(), s.forecasts.Routes(), s.responses.Routes(), s.customers.Routes())),
		Own:      s.customers.Own(),
		Topics:   []web.Topic{{Name: pages.Topic, Grant: grantRead}},
		Jobs:     s.jobs(),
		Feeds:    append(slices.Concat(s.head.Feeds(), s.gateways.Feeds()), host.Feed{Name: "intake", Run: s.ledger.Run}, s.orders.Feed()),
		Measures: append(s.pages.Measures(), s.outages.Measures()...),
		Search:   s.pages.Search,
		Import:   map[string]intake.Func{importArchive: s.importArchive, importNEM: s.intervals.Import, outage.ImportName: s.outages.Import, customer.ImportName: s.customers.Import, loss.ImportName: s.losses.Import, response.ImportName: s.responses.Import},
		Health:   s.health,
		Close:    s.close,
	}, nil
}
