// Package sheets reads the tables that offices have (CSV, XLSX) into rows whose cells stand under the names of their
// columns, and writes empty ones to fill in.
package sheets

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Row is one row of a table.
type Row struct {
	Sheet string
	Line  int
	Cells map[string]string
}

// MaxRows bounds a file; MaxSize its bytes, packed and unpacked.
const (
	MaxRows = 20_000
	MaxSize = 16 << 20
)

// Column is a column of a kind of table: its name, what people call it, the first of which heads the empty table, and
// what belongs there.
type Column struct {
	Name   string
	Called []string
	Hint   string
	Day    bool
}

// Table is a kind of table, and the sheets of its workbook.
type Table struct {
	Kind    string
	Columns []Column
	Sheets  []Sheet
}

// Sheet is a part of an empty workbook.
type Sheet struct {
	Name    string
	Columns []string
	Example []string
}

var tables = []Table{
	{Kind: "org", Columns: []Column{
		{Name: "kind", Called: []string{"类别", "类型"}, Hint: "机关、单位、岗位、人员、任职"},
		{Name: "id", Called: []string{"编号", "工号", "代号", "人员编号"}, Hint: "机关、单位、岗位：小写字母、数字和连字符；人员：工号"},
		{Name: "name", Called: []string{"名称", "姓名", "岗位名称", "单位名称"}, Hint: "名称或姓名"},
		{Name: "parent", Called: []string{"上级", "上级编号", "上级单位", "上级岗位"}, Hint: "上级编号；岗位可有几个，以顿号分开"},
		{Name: "unit", Called: []string{"单位", "所属单位", "单位编号"}, Hint: "所属单位的编号；空：本单位"},
		{Name: "organ", Called: []string{"机关", "所属机关"}, Hint: "其他机关的岗位：机关编号"},
		{Name: "relation", Called: []string{"关系"}, Hint: "上级、平级、下级"},
		{Name: "single", Called: []string{"单人", "一人一岗"}, Hint: "是：一时只有一人"},
		{Name: "rank", Called: []string{"序号", "排序"}, Hint: "排列次序，1 在前"},
		{Name: "pinyin", Called: []string{"拼音", "姓名拼音"}, Hint: "zhang min"},
		{Name: "login", Called: []string{"账号", "登录名", "帐号"}, Hint: "空：不建账号"},
		{Name: "phone", Called: []string{"电话", "联系电话"}, Hint: ""},
		{Name: "person", Called: []string{"人员", "任职人员"}, Hint: "人员的编号"},
		{Name: "post", Called: []string{"岗位", "岗位编号"}, Hint: "岗位的编号"},
		{Name: "by", Called: []string{"任命机关", "任命单位"}, Hint: "由谁任命"},
		{Name: "document", Called: []string{"文号", "依据文号"}, Hint: "任命或调入的文号"},
		{Name: "from", Called: []string{"起", "起始日期", "到岗日期"}, Hint: "YYYY-MM-DD；空：今日", Day: true},
		{Name: "to", Called: []string{"止", "终止日期"}, Hint: "最后一日；空：无止期", Day: true},
		{Name: "acting", Called: []string{"主持", "临时主持"}, Hint: "是：临时主持"},
	}, Sheets: []Sheet{
		{"机关", []string{"id", "name", "relation"}, []string{"county-government", "县政府", "上级"}},
		{"单位", []string{"id", "name", "parent"}, []string{"admin-section", "行政股", ""}},
		{"岗位", []string{"id", "name", "unit", "organ", "single", "rank", "parent"}, []string{"registrar", "机要文书", "admin-section", "", "否", "10", ""}},
		{"人员", []string{"id", "name", "pinyin", "unit", "login", "phone", "document", "from"}, []string{"1001", "王芳", "wang fang", "admin-section", "wang.fang", "", "", "2026-01-05"}},
		{"任职", []string{"person", "post", "by", "document", "from", "to", "acting"}, []string{"1001", "registrar", "办公室", "", "2026-01-05", "", "否"}},
	}},
	{Kind: "register", Columns: []Column{
		{Name: "register_no", Called: []string{"收文登记号", "登记号", "收文号", "收文编号", "编号", "顺序号"}, Hint: "旧号，照写，如 收文〔2025〕12号"},
		{Name: "year", Called: []string{"年度"}, Hint: "空：登记号或收文日期中的年份"},
		{Name: "book", Called: []string{"登记簿", "簿册"}, Hint: "空：按制度归入"},
		{Name: "received_at", Called: []string{"收文日期", "收到日期", "收文时间", "来文日期"}, Hint: "YYYY-MM-DD", Day: true},
		{Name: "issuing_organ", Called: []string{"来文单位", "来文机关", "发文机关"}, Hint: "几个以顿号分开"},
		{Name: "doc_number", Called: []string{"来文字号", "文号", "来文文号"}},
		{Name: "title", Called: []string{"标题", "文件标题", "来文标题", "题名"}},
		{Name: "doc_kind", Called: []string{"文种"}},
		{Name: "issued_on", Called: []string{"成文日期", "来文成文日期"}, Day: true},
		{Name: "classification", Called: []string{"密级"}},
		{Name: "term", Called: []string{"保密期限"}},
		{Name: "urgency", Called: []string{"紧急程度", "缓急"}},
		{Name: "copies", Called: []string{"份数"}, Hint: "空：1"},
		{Name: "copy_numbers", Called: []string{"份号"}, Hint: "几个以顿号分开"},
		{Name: "attachments", Called: []string{"附件", "附件数"}},
		{Name: "pages", Called: []string{"页数"}},
		{Name: "source_level", Called: []string{"来文级别", "级别"}, Hint: "central、province、city、county、township"},
		{Name: "party_or_state", Called: []string{"党政系统", "系统"}, Hint: "party、state、party+state"},
		{Name: "channel", Called: []string{"来文渠道", "渠道"}},
		{Name: "signed_by", Called: []string{"签收人"}},
		{Name: "addressee", Called: []string{"主送", "主送机关"}},
		{Name: "lead", Called: []string{"主办", "主办单位", "承办单位"}, Hint: "未办结的：单位或岗位的名称或编号"},
		{Name: "co", Called: []string{"会办", "协办", "会办单位"}, Hint: "几个以顿号分开"},
		{Name: "due", Called: []string{"办理时限", "时限", "办结时限"}, Hint: "未办结的：最后一日", Day: true},
		{Name: "holders", Called: []string{"持有人", "分送", "交与"}, Hint: "各份在谁手中，按份号次序以顿号分开"},
		{Name: "settlement", Called: []string{"办结方式", "办理结果", "处理结果"}, Hint: "填写即为已办结"},
		{Name: "closed_at", Called: []string{"办结日期"}, Day: true},
		{Name: "file_code", Called: []string{"归档号", "档号"}, Hint: "填写即为已归档"},
		{Name: "contact", Called: []string{"联系人"}},
		{Name: "remarks", Called: []string{"备注", "note"}},
	}, Sheets: []Sheet{{"收文登记", []string{"register_no", "received_at", "issuing_organ", "doc_number", "title", "doc_kind", "issued_on", "classification", "term", "urgency", "copies", "copy_numbers",
		"attachments", "pages", "source_level", "party_or_state", "channel", "signed_by", "addressee", "lead", "co", "due", "holders", "settlement", "closed_at", "file_code", "contact", "remarks"},
		[]string{"收文〔2025〕1号", "2025-01-03", "市人民政府办公室", "市政办发〔2025〕1号", "关于做好春运工作的通知", "通知", "2025-01-02", "公开", "", "平件", "1", "", "", "4", "city", "state", "文件交换", "王芳", "", "", "", "", "", "办结", "2025-01-10", "", "", ""}}}},
	{Kind: "leave", Columns: []Column{
		{Name: "person", Called: []string{"人员", "工号", "人员编号", "姓名"}, Hint: "工号或姓名"},
		{Name: "type", Called: []string{"假别", "假期类型"}, Hint: "如 年休假"},
		{Name: "year", Called: []string{"年度"}, Hint: "空：不分年度"},
		{Name: "days", Called: []string{"天数", "剩余天数", "余额"}, Hint: "如 3.5"},
		{Name: "as_of", Called: []string{"截至", "截至日期", "起算日期"}, Hint: "该日早晨的余额，YYYY-MM-DD", Day: true},
		{Name: "source", Called: []string{"依据", "来源"}, Hint: "空：本文件和行号"},
	}, Sheets: []Sheet{{"假期余额", []string{"person", "type", "year", "days", "as_of", "source"}, []string{"1001", "年休假", "2026", "3.5", "2026-04-01", "2026年休假台账第3页"}}}},
}

// Of finds a kind of table.
func Of(kind string) (Table, bool) {
	for _, t := range tables {
		if t.Kind == kind {
			return t, true
		}
	}
	return Table{}, false
}

// Errors of files that are no tables.
var (
	ErrKind    = errors.New("there is no such kind of table")
	ErrEmpty   = errors.New("文件中没有数据行 / the file has no rows")
	ErrHeading = errors.New("文件中没有认得的列名 / no line of the file has headings that are known")
	ErrTooLong = fmt.Errorf("文件过大，最多 %d 行 / the file is too large: at most %d rows", MaxRows, MaxRows)
	ErrForm    = errors.New("只能读 CSV 或 XLSX 文件 / only CSV and XLSX files can be read")
)

// heading is a heading without what tells nothing: spaces, marks, case.
func heading(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("*＊：:（）()", r) {
			return -1
		}
		return r
	}, s))
}

// column finds the column that a heading means.
func (t Table) column(head string) string {
	if head = heading(head); head == "" {
		return ""
	}
	for _, c := range t.Columns {
		if head == c.Name || slices.ContainsFunc(c.Called, func(called string) bool { return head == heading(called) }) {
			return c.Name
		}
	}
	return ""
}

// Read reads a file of a kind; ignored are the headings that it does not know.
func Read(kind, name string, data []byte) (rows []Row, ignored []string, err error) {
	t, ok := Of(kind)
	if !ok {
		return nil, nil, ErrKind
	}
	if len(data) > MaxSize {
		return nil, nil, ErrTooLong
	}
	if bytes.HasPrefix(data, []byte("PK")) {
		rows, ignored, err = t.workbook(data)
	} else if ext := strings.ToLower(filepath.Ext(name)); ext == ".xls" || bytes.Contains(data[:min(len(data), 512)], []byte{0}) {
		return nil, nil, ErrForm
	} else {
		rows, ignored, err = t.text(data)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case len(rows) == 0:
		return nil, nil, ErrEmpty
	case len(rows) > MaxRows:
		return nil, nil, ErrTooLong
	}
	return rows, ignored, nil
}

// text reads CSV in UTF-8 or, as spreadsheets of Windows write it, in GB 18030.
func (t Table) text(data []byte) ([]Row, []string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil {
			return nil, nil, ErrForm
		}
		data = decoded
	}
	read := csv.NewReader(bytes.NewReader(data))
	read.FieldsPerRecord = -1
	read.LazyQuotes = true
	var lines []int
	var cells [][]string
	for {
		row, err := read.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("CSV: %w", err)
		}
		line, _ := read.FieldPos(0)
		lines, cells = append(lines, line), append(cells, row)
	}
	return t.rows("", cells, func(i int) int { return lines[i] })
}

// workbook reads every sheet that has known headings.
func (t Table) workbook(data []byte) (rows []Row, ignored []string, err error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: 8 * MaxSize, UnzipXMLSizeLimit: MaxSize})
	if err != nil {
		return nil, nil, ErrForm
	}
	defer f.Close()
	found := false
	for _, sheet := range f.GetSheetList() {
		cells, err := grid(f, sheet)
		if err != nil {
			return nil, nil, err
		}
		more, unknown, err := t.rows(sheet, cells, func(i int) int { return i + 1 })
		if errors.Is(err, ErrHeading) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		found = true
		rows, ignored = append(rows, more...), append(ignored, unknown...)
	}
	if !found {
		return nil, nil, ErrHeading
	}
	return rows, ignored, nil
}

// widest is how many cells of a line are read. A line of a few bytes can name the last of 16384 columns, and all before it
// would be held for every such line.
const widest = 100

// grid reads the cells of a sheet, and no more of them than a table may have.
func grid(f *excelize.File, sheet string) (cells [][]string, err error) {
	lines, err := f.Rows(sheet)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sheet, err)
	}
	defer lines.Close()
	for filled := 0; lines.Next(); {
		row, err := lines.Columns()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sheet, err)
		}
		if len(row) > 0 {
			filled++
		}
		if filled > MaxRows+headingsWithin {
			return nil, ErrTooLong
		}
		cells = append(cells, slices.Clone(row[:min(len(row), widest)]))
	}
	return cells, nil
}

// headingsWithin is how far down a table may begin.
const headingsWithin = 10

// rows finds the headings and reads what stands below them.
func (t Table) rows(sheet string, cells [][]string, line func(int) int) (rows []Row, ignored []string, err error) {
	head := -1
	columns := map[int]string{}
	for i := range min(len(cells), headingsWithin) {
		found := map[int]string{}
		for j, text := range cells[i] {
			if name := t.column(text); name != "" && !contains(found, name) {
				found[j] = name
			}
		}
		if len(found) > len(columns) && len(found) >= 2 {
			head, columns = i, found
		}
	}
	if head < 0 {
		return nil, nil, ErrHeading
	}
	for j, text := range cells[head] {
		if _, known := columns[j]; !known && strings.TrimSpace(text) != "" {
			ignored = append(ignored, strings.TrimSpace(text))
		}
	}
	for i, row := range cells[head+1:] {
		r := Row{Sheet: sheet, Line: line(head + 1 + i), Cells: map[string]string{}}
		for j, text := range row {
			if name, ok := columns[j]; ok {
				if text = strings.TrimSpace(text); text != "" {
					r.Cells[name] = t.value(name, text)
				}
			}
		}
		if len(r.Cells) > 0 {
			rows = append(rows, r)
		}
	}
	return rows, ignored, nil
}

func contains(m map[int]string, name string) bool {
	for _, v := range m {
		if v == name {
			return true
		}
	}
	return false
}

// value reads the number by which a spreadsheet keeps a day.
func (t Table) value(name, text string) string {
	for _, c := range t.Columns {
		if c.Name != name || !c.Day {
			continue
		}
		if n, err := strconv.ParseFloat(text, 64); err == nil && n > 10_000 && n < 100_000 {
			if day, err := excelize.ExcelDateToTime(n, false); err == nil {
				return day.Format(time.DateOnly)
			}
		}
	}
	return text
}

// Template writes an empty table of a kind, as CSV or as a workbook by the name's ending: its headings, and one row that
// shows how it is filled in.
func Template(kind, name string) ([]byte, error) {
	t, ok := Of(kind)
	if !ok {
		return nil, ErrKind
	}
	called := map[string]Column{}
	for _, c := range t.Columns {
		called[c.Name] = c
	}
	if strings.ToLower(filepath.Ext(name)) != ".xlsx" {
		return t.csv(called)
	}
	f := excelize.NewFile()
	defer f.Close()
	for i, s := range t.Sheets {
		var err error
		if i == 0 {
			err = f.SetSheetName("Sheet1", s.Name)
		} else {
			_, err = f.NewSheet(s.Name)
		}
		for j, column := range s.Columns {
			cell, _ := excelize.CoordinatesToCellName(j+1, 1)
			example, _ := excelize.CoordinatesToCellName(j+1, 2)
			letter, _ := excelize.ColumnNumberToName(j + 1)
			err = errors.Join(err, f.SetCellStr(s.Name, cell, called[column].Called[0]), f.SetCellStr(s.Name, example, s.Example[j]),
				f.SetColWidth(s.Name, letter, letter, float64(max(12, 2*utf8.RuneCountInString(s.Example[j])))))
			if called[column].Hint != "" {
				err = errors.Join(err, f.AddComment(s.Name, excelize.Comment{Author: "案牍", Cell: cell, Text: called[column].Hint}))
			}
		}
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", s.Name, err)
		}
	}
	var b bytes.Buffer
	err := f.Write(&b)
	return b.Bytes(), err
}

// csv is the empty table as one: with several sheets, what a row is stands in its first column.
func (t Table) csv(called map[string]Column) ([]byte, error) {
	var names []string
	for _, c := range t.Columns {
		if slices.ContainsFunc(t.Sheets, func(s Sheet) bool { return slices.Contains(s.Columns, c.Name) }) || c.Name == "kind" {
			names = append(names, c.Name)
		}
	}
	var b bytes.Buffer
	b.WriteString("\ufeff") // spreadsheets take it for UTF-8 then
	out := csv.NewWriter(&b)
	heads := make([]string, len(names))
	for i, n := range names {
		heads[i] = called[n].Called[0]
	}
	err := out.Write(heads)
	for _, s := range t.Sheets {
		row := make([]string, len(names))
		for i, n := range names {
			if j := slices.Index(s.Columns, n); j >= 0 {
				row[i] = s.Example[j]
			}
			if n == "kind" {
				row[i] = s.Name
			}
		}
		err = errors.Join(err, out.Write(row))
	}
	out.Flush()
	return b.Bytes(), errors.Join(err, out.Error())
}
