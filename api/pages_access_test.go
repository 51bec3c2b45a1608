package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"andu/cmd/andu/demo"
	"andu/domain/access"
)

// upload sends a file as a form does.
func (u user) upload(path, name string, content []byte) answer {
	u.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	u.must(form.WriteField("idempotency_key", "upload-"+name))
	file, err := form.CreateFormFile("file", name)
	u.must(err)
	_, err = file.Write(content)
	u.must(err)
	u.must(form.Close())
	return u.ask(http.MethodPost, path, body.Bytes(), "Accept", "text/html", "Content-Type", form.FormDataContentType(),
		"Cookie", "andu_session="+u.token, "Authorization", "", "Sec-Fetch-Site", "same-origin")
}

// A scan is attached, opened for a purpose, read and closed on the page of a paper's content; rights are given and taken
// there; the officers see it all in the trail, as known then too, and nobody else does.
func TestPagesOfAccess(t *testing.T) {
	w := newTown(t, setting{rules: demo.WithSupplement, offices: []demo.Office{demo.County()}, at: "2026-04-14 09:00"})
	d := desks[0]
	registrar, leader, reader, outsider := w.as(d.registrar), w.as(d.leader), w.as(d.handler), w.as("logistics-clerk")
	auditor := w.as("auditor")
	id := registrar.receive(nil)
	registrar.register(id)
	page := "/desk/documents/" + id + "/content"
	scan := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("案牍"), 100)...)
	registrar.page(page).shows(http.StatusOK, "还没有扫描件", "登记扫描件", "未限定")
	outsider.page(page).shows(http.StatusOK, "还没有扫描件").hides("登记扫描件")
	registrar.upload(page, "空.pdf", nil).shows(http.StatusUnprocessableEntity, "内容为空")
	outsider.upload(page, "扫描.pdf", scan).shows(http.StatusForbidden, "收文岗位")
	if to := registrar.upload(page, "扫描.pdf", scan).to(); !strings.HasPrefix(to, page) {
		t.Errorf("after the upload it goes to %q", to)
	}
	registrar.page("/desk/documents/"+id).shows(http.StatusOK, "内容与知悉范围")
	leader.page(page).shows(http.StatusOK, "扫描.pdf", "application/pdf", "确定知悉范围")
	send := func(u user, act, key string, fields url.Values) answer {
		t.Helper()
		fields.Set("idempotency_key", key)
		return u.send(page+"/"+act, fields)
	}
	content, view := "", ""
	look := func() {
		for _, r := range w.history("access-" + id) {
			switch e := r.Event.(type) {
			case access.ContentAttached:
				content = e.Content
			case access.ViewOpened:
				view = e.View
			}
		}
	}
	look()
	send(leader, "scope", "k1", url.Values{"persons": {reader.id}, "authority": {""}}).shows(http.StatusUnprocessableEntity, "依据")
	if to := send(leader, "scope", "k2", url.Values{"persons": {reader.id}, "authority": {"批示"}}).to(); !strings.HasPrefix(to, page) {
		t.Errorf("after the scope it goes to %q", to)
	}
	send(outsider, "views", "k3", url.Values{"content": {content}, "purpose": {"handle"}}).shows(http.StatusForbidden, "不在该件知悉范围之内", "这次尝试已如实记入")
	w.clock.set("2026-04-14 09:10")
	send(reader, "views", "k4", url.Values{"content": {content}, "purpose": {"handle"}}).to()
	open := reader.page(page).shows(http.StatusOK, "正在查阅", "结束查阅")
	look()
	if !bytes.Contains(open.body, []byte("/documents/"+id+"/views/"+view+"/content")) {
		t.Error("the viewing leads nowhere")
	}
	if got := reader.page("/documents/" + id + "/views/" + view + "/content"); !bytes.Equal(got.body, scan) {
		t.Errorf("%d: %d bytes", got.status, len(got.body))
	}
	w.clock.set("2026-04-14 09:15")
	send(reader, "views/closings", "k5", url.Values{"view": {view}, "pages": {"3"}}).to()
	send(outsider, "access-requests", "k6", url.Values{"reason": {"起草方案"}}).to()
	leader.page(page).shows(http.StatusOK, "待批申请", "起草方案", "批准借阅")
	w.clock.set("2026-04-14 10:00")

	trail := "/desk/documents/" + id + "/trail"
	registrar.page(trail).shows(http.StatusForbidden)
	auditor.page(trail).shows(http.StatusOK, "查询事由").hides("被拒绝", "汛期")
	auditor.page(trail+"?reason=x&known=y").shows(http.StatusOK, "时点须写日期和时间")
	auditor.page(trail+"?reason="+url.QueryEscape("保密检查")).shows(http.StatusOK, "查阅扫描件", "在知悉范围内", "承办", "本人结束", "看了 3 页", "被拒绝", "申请借阅", "确定知悉范围", "查看轨迹", "保密检查").hides("汛期")
	auditor.page(trail+"?reason=x&show=denials").shows(http.StatusOK, "被拒绝").hides("查阅扫描件")
	auditor.page(trail+"?reason=x&known=2026-04-14T09:12").shows(http.StatusOK, "查阅扫描件").hides("本人结束", "申请借阅")
	person := "/desk/people/" + reader.id + "/trail"
	registrar.page(person).shows(http.StatusForbidden)
	auditor.page(person+"?reason=x").shows(http.StatusOK, "查阅扫描件", "看了 3 页", "收文").hides("被拒绝", "汛期")
	auditor.page("/desk/people/nobody/trail?reason=x").shows(http.StatusNotFound)

	// Decided 机密, it is not there for whoever does not handle it, and keeps no more scans.
	registrar.post("/documents/"+id+"/class", map[string]any{"class": "机密", "until": "2030-01-01", "authority": "定密"}).ok()
	outsider.page(page).shows(http.StatusNotFound).hides("汛期", "扫描.pdf")
	registrar.page(page).shows(http.StatusOK, "机密").hides("登记扫描件")
}
