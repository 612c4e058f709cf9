package seal

import (
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// Page paths, how many documents are shown, and how large one may be.
const (
	room       = "/certificates"
	pathSeals  = "/certificates/seals"
	PathVerify = "/certificates/verify"
	shown      = 200
	maxFile    = 32 << 20
)

var (
	title       = lang.T("电子印章", "Document seals")
	titleVerify = lang.T("验证盖章文件", "Check a sealed document")
)

// Routes are the pages: sealing for officers, checking for anybody.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET " + pathSeals, Grant: Grant, Page: func(r *web.Request) (*ui.Page, error) { return s.page(r, lang.Text{}) }},
		{Pattern: "POST " + pathSeals, Grant: Grant, Form: s.formSeal, MaxBody: maxFile + 1<<20},
		{Pattern: "GET " + pathSeals + "/{id}", Grant: Grant, Page: s.pageOne},
		{Pattern: "GET /api" + pathSeals + "/{id}/signature", Grant: Grant, API: s.download},
		{Pattern: "GET " + PathVerify, Grant: web.Public, Page: func(*web.Request) (*ui.Page, error) { return verifyPage(lang.Text{}), nil }},
		{Pattern: "POST " + PathVerify, Grant: web.Public, Form: s.formVerify, MaxBody: maxFile + 1<<20},
	}
}

func (s *Service) page(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	list, err := s.List(r.Context(), r.Who.Unit, shown)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "sealed", Title: lang.T("本单位盖章的文件", "Documents that your unit sealed"), Path: pathSeals, Total: int64(len(list)), Empty: lang.T("还没有盖章的文件", "Nothing is sealed yet"),
		Columns: []ui.Column{{Key: "title", Text: lang.T("文件", "Document")}, {Key: "at", Text: lang.T("盖章时间", "Sealed")}, {Key: "serial", Text: lang.T("证书序列号", "Serial number")}}}
	for _, d := range list {
		t.Rows = append(t.Rows, ui.Row{ID: "d-" + d.ID, Cells: []ui.Cell{{Text: lang.Same(d.Title), Href: pathSeals + "/" + d.ID, Strong: true}, {Time: d.At}, {Text: lang.Same(d.Serial)}}})
	}
	return &ui.Page{Title: title, Nav: "certificates", Crumbs: []ui.Link{{Text: lang.T("电子认证", "Certificate authority"), Href: room}, {Text: title}},
		Lead: lang.T("上传文件，以本单位证书签名并加盖时间戳。文件不保存，只保存摘要和签名；请把签名文件与原文件一并发送。", "Upload a file to sign it with your unit's certificate and a time stamp. The file is not kept, only its digest and signature; send the signature along with the file."),
		Body: []ui.Block{ui.Form{ID: "seal", Title: lang.T("盖章", "Seal a document"), Action: pathSeals, Submit: lang.T("签名并加盖时间戳", "Sign and stamp"), Error: wrong, Fields: []ui.Field{
			{Name: "file", Kind: "file", Label: lang.T("文件", "File"), Required: true, Help: lang.T("任何格式，不超过 32 MiB", "of any kind, at most 32 MiB")},
			{Name: "algorithm", Kind: "select", Label: lang.T("签名算法", "Algorithm"), Value: string(pki.SM2), Required: true, Options: []ui.Option{
				{Value: string(pki.SM2), Text: lang.T("SM2（国密）", "SM2 (national)")}, {Value: string(pki.ECDSA), Text: lang.T("ECDSA P-256（国际通用软件可验证）", "ECDSA P-256 (checked by programs everywhere)")}}}}},
			ui.Notice{ID: "check", Kind: "info", Text: lang.T("任何人都可以公开验证盖章文件。", "Anybody can check a sealed document."), Link: &ui.Link{Text: titleVerify, Href: PathVerify}}, t}}, nil
}

func (s *Service) formSeal(r *web.Request) (*ui.Page, string, error) {
	data, name, err := upload(r.HTTP, "file")
	var d Document
	if err == nil {
		d, err = s.Seal(r.Context(), r.Who, name, data, pki.Algorithm(r.Form("algorithm")))
	}
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) || errs.Is(err, errs.Unavailable)) {
		again, err := s.page(r, msg)
		return again, "", err
	}
	return nil, pathSeals + "/" + url.PathEscape(d.ID), err
}

// upload reads a file of a form; a field that is left empty gives nothing.
func upload(r *http.Request, field string) (data []byte, name string, err error) {
	f, head, err := r.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || err != nil && r.MultipartForm == nil {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", errs.As(errs.Invalid, "read the file", err)
	}
	defer f.Close()
	if head.Size > maxFile {
		return nil, "", errs.Say(errs.TooLarge, "文件超过 32 MiB", "the file has more than 32 MiB")
	}
	if data, err = io.ReadAll(io.LimitReader(f, maxFile)); err != nil {
		return nil, "", errs.Wrap("read the file", err)
	}
	return data, short(filepath.Base(head.Filename)), nil
}

// short cuts a file's name to what a list shows, and takes control characters out.
func short(name string) string {
	name = strings.Map(func(c rune) rune {
		if c < 0x20 || c == 0x7f || c == 0xfffd {
			return -1
		}
		return c
	}, name)
	if c := []rune(name); len(c) > 120 {
		return string(c[:120])
	}
	return name
}

func (s *Service) pageOne(r *web.Request) (*ui.Page, error) {
	d, err := s.Get(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	head := lang.T("已盖章的文件", "A sealed document")
	return &ui.Page{Title: head, Nav: "certificates", Crumbs: []ui.Link{{Text: title, Href: pathSeals}, {Text: head}},
		Actions: []ui.Action{{Text: lang.T("下载签名文件（.p7s）", "Download the signature (.p7s)"), Href: "/api" + pathSeals + "/" + d.ID + "/signature", Primary: true}},
		Body: []ui.Block{ui.Facts{ID: "document", Title: lang.Same(d.Title), Items: []ui.Fact{
			{Name: lang.T("盖章时间", "Sealed"), Time: d.At}, {Name: lang.T("单位", "Unit"), Value: s.o.People.UnitName(d.Unit)},
			{Name: lang.T("证书序列号", "Serial number"), Value: lang.Same(d.Serial)},
			{Name: lang.T("原文件 SHA-256", "SHA-256 of the file"), Value: lang.Same(hex.EncodeToString(d.Digest))}}},
			ui.Notice{ID: "check", Kind: "info", Text: lang.T("收件人上传原文件即可验证；在其他系统验证时需同时提供签名文件。", "Whoever gets the file checks it by uploading it; other programs need the signature file too."), Link: &ui.Link{Text: titleVerify, Href: PathVerify}}}}, nil
}

func (s *Service) download(r *web.Request) (any, error) {
	d, err := s.Get(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	return web.Reply{Status: http.StatusOK, Type: "application/pkcs7-signature", Name: d.ID + ".p7s", Body: d.Signature}, nil
}

func verifyPage(wrong lang.Text) *ui.Page {
	return &ui.Page{Title: titleVerify, Nav: "certificates", Crumbs: []ui.Link{{Text: titleVerify, Href: PathVerify}},
		Lead: lang.T("上传文件，查看由谁、何时盖章，内容是否被改动，当时和现在是否有效。上传的文件不保存。", "Upload a file to see who sealed it and when, whether it was changed, and whether the seal was good then and is now. The file is not kept."),
		Body: []ui.Block{ui.Form{ID: "check", Title: titleVerify, Action: PathVerify, Submit: lang.T("验证", "Check"), Error: wrong, Fields: []ui.Field{
			{Name: "file", Kind: "file", Label: lang.T("原文件", "The file"), Required: true, Help: lang.T("不超过 32 MiB", "at most 32 MiB")},
			{Name: "signature", Kind: "file", Label: lang.T("签名文件（.p7s），在本市盖章的可不上传", "Signature file (.p7s); not needed for seals made here")}}}}}
}

func (s *Service) formVerify(r *web.Request) (*ui.Page, string, error) {
	data, _, err := upload(r.HTTP, "file")
	var message []byte
	if err == nil {
		message, _, err = upload(r.HTTP, "signature")
	}
	if err == nil && len(data) == 0 {
		err = errs.Say(errs.Invalid, "请选择文件", "choose a file")
	}
	if msg, ok := errs.MsgOf(err); ok {
		return verifyPage(msg), "", nil
	}
	if err != nil {
		return nil, "", err
	}
	rep, err := s.Check(r.Context(), data, message)
	if err != nil {
		return nil, "", err
	}
	out := verifyPage(lang.Text{})
	out.Body = append(report(rep), out.Body...)
	return out, "", nil
}

// report shows what a check gave: the file first, then each seal.
func report(rep Report) (out []ui.Block) {
	if !rep.Changed.Empty() {
		out = append(out, ui.Notice{ID: "changed", Kind: "bad", Text: rep.Changed})
	}
	for i, f := range rep.Findings {
		now := fact(lang.T("现在", "Today"), f.Now, f.NowWhy)
		items := []ui.Fact{
			{Name: lang.T("内容", "Content"), Value: lang.T("与盖章时一致", "as it was sealed"), Tag: &ui.Tag{Status: ui.StatusMet, Text: lang.T("未改动", "unchanged")}},
			{Name: lang.T("盖章者", "Sealed by"), Value: lang.Same(f.Name)},
			{Name: lang.T("时间", "Time"), Time: f.At},
			{Name: lang.T("时间来源", "Time vouched for by"), Value: source(f.Stamped)},
			fact(lang.T("盖章时", "At that time"), f.Then, f.ThenWhy), now,
			{Name: lang.T("证书签发机构", "Certificate issued by"), Value: lang.Same(f.Issuer)},
			{Name: lang.T("证书序列号", "Serial number"), Value: lang.Same(f.Serial)},
		}
		id := "seal-" + string(rune('a'+i%26))
		out = append(out, ui.Facts{ID: id, Title: lang.T("印章", "Seal"), Items: items})
	}
	return append(out, ui.Facts{ID: "file", Title: lang.T("文件", "File"), Items: []ui.Fact{{Name: lang.Same("SHA-256"), Value: lang.Same(rep.Digest)}}})
}

func source(stamped bool) lang.Text {
	if stamped {
		return lang.T("时间戳服务", "the time-stamp service")
	}
	return lang.T("仅签名者自称，无有效时间戳", "the signer's word only: no good time stamp")
}

func fact(name lang.Text, good bool, why lang.Text) ui.Fact {
	if good {
		return ui.Fact{Name: name, Value: lang.T("有效", "good"), Tag: &ui.Tag{Status: ui.StatusMet, Text: lang.T("有效", "good")}}
	}
	return ui.Fact{Name: name, Value: why, Tag: &ui.Tag{Status: ui.StatusNone, Text: lang.T("无效", "not good")}}
}
