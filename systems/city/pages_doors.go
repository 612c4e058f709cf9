package city

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
)

// pageDevices says how devices come in over MQTT, and what was refused of theirs.
func (s *service) pageDevices(r *web.Request) (*ui.Page, error) {
	p := s.page(lang.T("设备接入", "Devices"), "/city/devices", ui.Link{Text: lang.T("设备接入", "Devices"), Href: "/city/devices"})
	p.Lead = lang.T("设备和网关以 MQTT 3.1.1 或 5.0 发布实体和读数；QoS 1、2 在入库提交之后才确认。", "Devices and gateways publish entities and readings over MQTT 3.1.1 or 5.0; QoS 1 and 2 are acknowledged after the commit.")
	if s.shut != nil {
		p.Body = []ui.Block{ui.Notice{ID: "shut", Kind: "bad", Text: said(s.shut)}}
		return p, nil
	}
	if s.broker == nil {
		p.Body = []ui.Block{ui.Notice{ID: "off", Kind: "info", Text: lang.T("MQTT 接入已关闭（city.mqtt_listen 为空）。", "The MQTT door is shut (city.mqtt_listen is empty).")}}
		return p, nil
	}
	host, port, err := net.SplitHostPort(s.broker.Addr())
	if err != nil {
		return nil, err
	}
	const topic = "city/-/entities/urn:ngsi-ld:AirQualityObserved:tj-001/attrs/temperature"
	lines := "TOKEN=hh_…\n" +
		"mosquitto_pub -h " + host + " -p " + port + " -u device -P \"$TOKEN\" -q 1 -t city/-/entities \\\n  -m '" + exampleEntity + "'\n" +
		"mosquitto_pub -h " + host + " -p " + port + " -u device -P \"$TOKEN\" -q 1 -t " + topic + " -m 22.5\n" +
		"mosquitto_sub -h " + host + " -p " + port + " -u device -P \"$TOKEN\" -q 1 -v -t 'city/-/#'"
	const python = `import paho.mqtt.client as mqtt
c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
c.username_pw_set("device", token)
c.connect("HOST", PORT)
c.loop_start()
c.publish("` + topic + `", "22.5", qos=1).wait_for_publish()`
	p.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{
		{s.topicTable(), ui.Code{ID: "mosquitto", Title: lang.T("mosquitto 命令行", "With mosquitto"), Text: lines}, ui.Code{ID: "paho", Title: lang.T("paho 客户端（Python）", "With paho (Python)"), Text: strings.NewReplacer("HOST", host, "PORT", port).Replace(python)}, s.refusedTable()},
		{ui.Facts{ID: "door", Title: lang.T("接入点", "The door"), Items: []ui.Fact{
			{Name: lang.T("监听", "Listens"), Value: lang.Same(s.broker.Addr())},
			{Name: lang.T("当前连接", "Connections now"), Value: lang.Same(ui.Grouped(int64(s.broker.Clients())))},
			{Name: lang.T("连接上限", "At most"), Value: lang.Same(ui.Grouped(int64(s.conf.MaxDevices)))},
			{Name: lang.T("报文上限", "Largest packet"), Value: lang.Same(ui.Grouped(int64(s.conf.MaxPacket)) + " KiB")},
			{Name: lang.T("口令", "Password"), Value: lang.T("接口令牌；用户名任意", "a token; the user's name is free")},
			{Name: lang.T("匿名访问", "Without token"), Value: withoutToken(s.conf.Anonymous)},
			{Name: lang.T("会话与保留消息", "Sessions and retained messages"), Value: lang.T("仅存于内存，重启即失", "in memory only, gone at a restart")},
		}}},
	}}}
	return p, nil
}

func (s *service) topicTable() ui.Table {
	t := ui.Table{ID: "topics", Title: lang.T("主题", "Topics"), Total: -1, Columns: []ui.Column{{Key: "topic", Text: lang.T("主题", "Topic")}, {Key: "what", Text: lang.T("内容", "Payload")}},
		Note: lang.T("租户为单位编号，公共上下文写作 -", "the tenant is a unit's id, - for the common context")}
	for i, x := range []struct {
		topic string
		what  lang.Text
	}{
		{"city/<租户>/entities", lang.T("一个实体或实体数组：不存在则创建，存在则覆盖所列属性", "an entity or an array: comes to be, or its attributes are laid over what is there")},
		{"city/<租户>/entities/<标识>/attrs", lang.T("实体片段，并入现有实体（5.6.17）", "a fragment, merged into the entity (5.6.17)")},
		{"city/<租户>/entities/<标识>/attrs/<属性>", lang.T("一个读数：数、文本、布尔、JSON 值，或属性对象；未注明观测时间的取到达时间", "a reading: number, text, boolean, JSON, or an attribute object; observed when it came, where it does not say")},
		{"city/<租户>/notices/…", lang.T("只转发、不入库，可作 mqtt:// 订阅的接收地址", "handed on and not stored; a place for mqtt:// subscriptions to notify")},
	} {
		t.Rows = append(t.Rows, ui.Row{ID: "topic-" + strconv.Itoa(i), Cells: []ui.Cell{{Text: lang.T(x.topic, topicsEn[i]), Strong: true}, {Text: x.what}}})
	}
	return t
}

var topicsEn = []string{"city/<tenant>/entities", "city/<tenant>/entities/<id>/attrs", "city/<tenant>/entities/<id>/attrs/<attr>", "city/<tenant>/notices/…"}

// refusedTable lists the newest publications that were refused, without what they said.
func (s *service) refusedTable() ui.Table {
	s.mu.Lock()
	list := slices.Clone(s.refused)
	s.mu.Unlock()
	t := ui.Table{ID: "refused", Title: lang.T("被拒消息", "Refused messages"), Total: -1, Empty: lang.T("启动以来没有被拒的消息。", "None since the start."),
		Columns: []ui.Column{{Key: "at", Text: lang.T("时间", "Time")}, {Key: "topic", Text: lang.T("主题 · 来自", "Topic · from")}, {Key: "why", Text: lang.T("原因", "Why")}}}
	for i, x := range slices.Backward(list) {
		t.Rows = append(t.Rows, ui.Row{ID: "refused-" + strconv.Itoa(i), Cells: []ui.Cell{{Time: x.At}, {Text: lang.Same(clip(x.Topic, 100)), Sub: lang.Same(x.Who)}, {Text: said(x.Err)}}})
	}
	return t
}

// pageContexts lists the @contexts that are kept, as O52 tells them.
func (s *service) pageContexts(r *web.Request) (*ui.Page, error) {
	tenant, err := s.tenant(r)
	if err != nil {
		return nil, err
	}
	a, err := s.call(r.Context(), r.Who, r.Lang, http.MethodGet, "/jsonldContexts?details=true", tenant, http.Header{"Accept": {"application/json"}}, "")
	if err == nil {
		err = a.failure()
	}
	if err != nil {
		return nil, err
	}
	var list []struct {
		URL, LocalID, Kind, CreatedAt, LastUsage string
		NumberOfHits                             int64
	}
	if err := json.Unmarshal(a.body.Bytes(), &list); err != nil {
		return nil, err
	}
	t := ui.Table{ID: "contexts", Title: lang.Same("@context"), Path: "/city/contexts", Query: keep(r, "tenant"), Total: int64(len(list)), Empty: lang.T("没有 @context。", "There are no @contexts."),
		Columns: []ui.Column{{Key: "url", Text: lang.T("网址", "Address")}, {Key: "kind", Text: lang.T("种类", "Kind")}, {Key: "hits", Text: lang.T("使用次数", "Uses"), Num: true},
			{Key: "used", Text: lang.T("最近使用", "Last use"), Num: true}, {Key: "created", Text: lang.T("登记", "Kept since"), Num: true}}}
	if t.Filters, err = s.tenantFilter(r); err != nil {
		return nil, err
	}
	at := func(v string) time.Time { x, _ := time.Parse(time.RFC3339, v); return x } // the zero time is not shown
	for i, x := range list {
		t.Rows = append(t.Rows, ui.Row{ID: "context-" + strconv.Itoa(i), Cells: []ui.Cell{{Text: lang.Same(clip(x.URL, 120)), Sub: lang.Same(clip(x.LocalID, 80)), Href: link("/city/try/O53", "contextId", x.LocalID, "tenant", tenant), Strong: true},
			{Text: kindOf(x.URL, x.Kind)}, {Text: lang.Same(ui.Grouped(x.NumberOfHits))}, {Time: at(x.LastUsage)}, {Time: at(x.CreatedAt)}}})
	}
	p := s.page(lang.Same("@context"), "/city/contexts", ui.Link{Text: lang.Same("@context"), Href: "/city/contexts"})
	p.Lead = lang.T("术语与完整名称的对照。核心 @context 随程序提供；其他网址首次使用时下载并缓存，此后不依赖网络。", "What terms stand for. The core @context is part of the program; others are fetched when first used and kept, so that no network is needed later.")
	p.Actions = []ui.Action{{Text: lang.T("登记 @context", "Host a @context"), Href: "/city/try/O51"}}
	p.Body = []ui.Block{t}
	return p, nil
}

// withoutToken says what who comes without a token may do.
func withoutToken(anonymous string) lang.Text {
	switch anonymous {
	case "read":
		return lang.T("可读公共上下文", "may read the common context")
	case "write":
		return lang.T("可读写一切（仅供试验）", "may read and write everything (for trials only)")
	}
	return lang.T("不可访问", "not let in")
}

// kindOf says where a context comes from; kind is the word of 5.13.
func kindOf(url, kind string) lang.Text {
	switch {
	case url == jsonld.CoreURL:
		return lang.T("随程序提供", "part of the program")
	case kind == "Hosted":
		return lang.T("登记于本系统", "hosted here")
	case kind == "Cached":
		return lang.T("下载缓存", "fetched copy")
	}
	return lang.T("自动生成", "made for a header")
}
