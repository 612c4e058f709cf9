package register

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
)

// The bounds of what the register takes.
const (
	maxName  = 100 // characters
	maxEvery = 24 * time.Hour
	maxValue = 1e12
	maxTons  = 1e9
	maxHomes = 50_000_000
)

var (
	codeForm     = regexp.MustCompile(`^[A-Za-z0-9._-]{1,24}$`)
	pointForm    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)
	districtForm = regexp.MustCompile(`^[0-9]{6}$`)
	contactForm  = regexp.MustCompile(`^[A-Za-z0-9:._-]{1,64}$`)
)

func short(text string) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= maxName
}

// oneOf names what a field may hold.
func oneOf[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return strings.Join(out, ", ")
}

// Check says what is wrong with a plant, nil where nothing is.
func (p *Plant) Check() error {
	switch {
	case !codeForm.MatchString(p.Code):
		return errs.Say(errs.Invalid, "企业编码应为 1 至 24 位字母、数字、-、_ 或 .，现为“%[1]s”", "a plant's code has 1 to 24 of letters, digits, -, _ and ., not %[1]q", p.Code)
	case strings.TrimSpace(p.Name) == "" || !short(p.Name):
		return errs.Say(errs.Invalid, "企业名称应为 1 至 %[1]d 字", "a plant's name has 1 to %[1]d characters", maxName)
	case !slices.Contains(Kinds, p.Kind):
		return errs.Say(errs.Invalid, "企业类别“%[1]s”无法识别，可用：%[2]s", "kind %[1]q is not known, give one of %[2]s", string(p.Kind), oneOf(Kinds))
	case !districtForm.MatchString(p.District):
		return errs.Say(errs.Invalid, "行政区划代码“%[1]s”应为六位数字", "district %[1]q has six digits", p.District)
	case !(math.Abs(p.Lon) <= 180 && math.Abs(p.Lat) <= 90) || (p.Lon == 0) != (p.Lat == 0):
		return errs.Say(errs.Invalid, "经纬度应同时填写，经度 ±180，纬度 ±90", "give both longitude (±180) and latitude (±90)")
	case !slices.Contains(States, p.State):
		return errs.Say(errs.Invalid, "生产状态“%[1]s”无法识别，可用：%[2]s", "state %[1]q is not known, give one of %[2]s", string(p.State), oneOf(States))
	case p.Exposed < 0 || p.Exposed > maxHomes:
		return errs.Say(errs.Invalid, "厂界外 500 米内常住人口应为非负整数", "the people within 500 m are a number that is not negative")
	case len(p.Contacts) > 20 || slices.ContainsFunc(p.Contacts, func(c string) bool { return !contactForm.MatchString(c) }):
		return errs.Say(errs.Invalid, "联系人应为通讯录编号，最多 20 个", "contacts are ids of the duty desk's contacts, at most 20")
	}
	return p.checkFeed()
}

func (p *Plant) checkFeed() error {
	switch {
	case !slices.Contains(Feeds, p.Feed):
		return errs.Say(errs.Invalid, "接入方式“%[1]s”无法识别，可用：%[2]s", "feed %[1]q is not known, give one of %[2]s", string(p.Feed), oneOf(Feeds))
	case p.Feed.Polled() && p.Endpoint == "":
		return errs.Say(errs.Invalid, "%[1]s 企业需填写采集地址", "a plant of %[1]s has an endpoint", string(p.Feed))
	case p.Feed == OPCUA && !strings.HasPrefix(p.Endpoint, "opc.tcp://"):
		return errs.Say(errs.Invalid, "OPC UA 采集地址应以 opc.tcp:// 开头", "an endpoint of OPC UA begins with opc.tcp://")
	case len(p.Endpoint) > 200 || strings.ContainsAny(p.Endpoint, " \t\n@"): // no user in it: a password would be shown
		return errs.Say(errs.Invalid, "采集地址不超过 200 字符，不含空格和 @", "an endpoint has at most 200 characters, no blanks and no @")
	}
	return nil
}

// Check says what is wrong with a point, nil where nothing is.
func (p *Point) Check() error {
	switch {
	case !pointForm.MatchString(p.Name):
		return errs.Say(errs.Invalid, "测点名应为 1 至 40 位字母、数字、-、_ 或 .，现为“%[1]s”", "a point's name has 1 to 40 of letters, digits, -, _ and ., not %[1]q", p.Name)
	case p.Factor == "" || len(p.Factor) > 200:
		return errs.Say(errs.Invalid, "测点应有报文中的因子编码，不超过 200 字符", "a point has the code that the wire bears, of at most 200 characters")
	case !slices.Contains(Measures, p.Kind):
		return errs.Say(errs.Invalid, "监测类型“%[1]s”无法识别，可用：%[2]s", "kind %[1]q is not known, give one of %[2]s", string(p.Kind), oneOf(Measures))
	case !short(p.Title) || !short(p.Medium) || !short(p.Equipment) || !short(p.UCUM):
		return errs.Say(errs.Invalid, "名称、介质、设备、单位各不超过 %[1]d 字", "title, medium, equipment and unit have at most %[1]d characters each", maxName)
	case p.Every < 0 || p.Every > maxEvery || p.Every > 0 && p.Every < time.Second:
		return errs.Say(errs.Invalid, "上报周期应为 1 至 86400 秒，0 表示不定期", "a period lies between 1 and 86400 seconds, 0 where it reports by event")
	case p.Key && p.Every == 0:
		return errs.Say(errs.Invalid, "关键监测点应有上报周期", "a key point has a period")
	}
	var last *float64
	for _, v := range p.limits() {
		if v == nil {
			continue
		}
		if !(math.Abs(*v) <= maxValue) {
			return errs.Say(errs.Invalid, "限值超出范围", "a limit is beyond what can be kept")
		}
		if last != nil && *v < *last {
			return errs.Say(errs.Invalid, "限值应满足 低低 ≤ 低 ≤ 高 ≤ 高高", "limits stand in order: LL ≤ L ≤ H ≤ HH")
		}
		last = v
	}
	return nil
}

// Check says what is wrong with a hazard unit, nil where nothing is.
func (u *HazardUnit) Check() error {
	switch {
	case !codeForm.MatchString(u.Code):
		return errs.Say(errs.Invalid, "单元编码应为 1 至 24 位字母、数字、-、_ 或 .，现为“%[1]s”", "a unit's code has 1 to 24 of letters, digits, -, _ and ., not %[1]q", u.Code)
	case strings.TrimSpace(u.Name) == "" || !short(u.Name):
		return errs.Say(errs.Invalid, "单元名称应为 1 至 %[1]d 字", "a unit's name has 1 to %[1]d characters", maxName)
	case u.Kind != Process && u.Kind != Storage:
		return errs.Say(errs.Invalid, "单元类别“%[1]s”无法识别，可用：process（生产）、storage（储存）", "kind %[1]q is not known, give process or storage", string(u.Kind))
	}
	return nil
}

// Check says what is wrong with a substance, nil where nothing is. Whether the standard knows it is systems/safety/hazard's to say.
func (s *Substance) Check() error {
	switch {
	case strings.TrimSpace(s.Name) == "" || !short(s.Name):
		return errs.Say(errs.Invalid, "危险化学品名称应为 1 至 %[1]d 字", "a substance's name has 1 to %[1]d characters", maxName)
	case len(s.CAS) > 20 || len(s.Class) > 10:
		return errs.Say(errs.Invalid, "CAS 号或类别符号过长", "the CAS number or the class is too long")
	case !(s.Tons >= 0 && s.Tons <= maxTons):
		return errs.Say(errs.Invalid, "数量应为非负的吨数", "the quantity is in tons and not negative")
	}
	return nil
}

// Check says what is wrong with a plant as a whole: what its parts say of one another.
func (s *Site) Check() error {
	factors := map[string]string{}
	for i := range s.Points {
		p := &s.Points[i]
		if was, twice := factors[p.Factor]; twice {
			return errs.Say(errs.Invalid, "企业 %[1]s 的测点 %[2]s 与 %[3]s 因子编码相同：%[4]s", "points %[2]s and %[3]s of plant %[1]s have the same code on the wire: %[4]s", s.Code, was, p.Name, p.Factor)
		}
		factors[p.Factor] = p.Name
		if p.HazardUnit != "" {
			if _, ok := s.Unit(p.HazardUnit); !ok {
				return errs.Say(errs.Invalid, "企业 %[1]s 的测点 %[2]s 所属单元 %[3]s 不存在", "point %[2]s of plant %[1]s stands in unit %[3]s, which is not known", s.Code, p.Name, p.HazardUnit)
			}
		}
	}
	return nil
}
