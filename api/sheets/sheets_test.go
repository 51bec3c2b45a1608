package sheets

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// An empty table that was filled in is read as it was written, in either form.
func TestTemplates(t *testing.T) {
	for _, table := range tables {
		for _, name := range []string{"x.csv", "x.xlsx"} {
			text, err := Template(table.Kind, name)
			if err != nil {
				t.Fatal(err)
			}
			rows, ignored, err := Read(table.Kind, name, text)
			if err != nil || len(ignored) > 0 || len(rows) != len(table.Sheets) {
				t.Fatalf("%s %s: %d rows, ignored %q, %v", table.Kind, name, len(rows), ignored, err)
			}
			for i, s := range table.Sheets {
				for j, column := range s.Columns {
					if got := rows[i].Cells[column]; got != s.Example[j] {
						t.Errorf("%s %s: %s is %q, want %q", table.Kind, name, column, got, s.Example[j])
					}
				}
			}
		}
	}
}

func TestRead(t *testing.T) {
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String("收文登记簿\n登记号,收文日期,标题,经办\n12,2025/1/9,关于春运的通知,王\n\n,,,\n13,2025年1月10日,通知,李\n")
	if err != nil {
		t.Fatal(err)
	}
	rows, ignored, err := Read("register", "2025.csv", []byte(gbk))
	want := []Row{{Line: 3, Cells: map[string]string{"register_no": "12", "received_at": "2025/1/9", "title": "关于春运的通知"}},
		{Line: 6, Cells: map[string]string{"register_no": "13", "received_at": "2025年1月10日", "title": "通知"}}}
	if diff := cmp.Diff(want, rows); err != nil || diff != "" || cmp.Diff([]string{"经办"}, ignored) != "" {
		t.Errorf("%v, ignored %q:\n%s", err, ignored, diff)
	}
	f := excelize.NewFile()
	for cell, v := range map[string]any{"A1": "登记号", "B1": "收文日期", "A2": 7, "B2": 45666.0} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err = Read("register", "2025.xlsx", b.Bytes())
	if err != nil || len(rows) != 1 || rows[0].Cells["register_no"] != "7" || rows[0].Cells["received_at"] != "2025-01-09" {
		t.Errorf("a workbook: %v %v", rows, err)
	}
	for _, c := range []struct {
		kind, name, text string
		want             error
	}{{"seals", "x.csv", "a,b", ErrKind}, {"org", "x.csv", "a,b\n1,2\n", ErrHeading}, {"org", "x.csv", "类别,编号\n", ErrEmpty}, {"org", "x.xls", "\xd0\xcf\x11\xe0", ErrForm}, {"org", "x.xlsx", "PK\x03\x04nonsense", ErrForm}} {
		if _, _, err := Read(c.kind, c.name, []byte(c.text)); !errors.Is(err, c.want) {
			t.Errorf("%s %q: %v, want %v", c.kind, c.text, err, c.want)
		}
	}
}

// A file of a few kilobytes whose lines name the last column there is takes no more memory than its cells.
func TestFarCells(t *testing.T) {
	f := excelize.NewFile()
	for cell, v := range map[string]any{"A1": "登记号", "B1": "收文日期", "A2": 7, "B2": 45666.0, "XFD2": 1} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	cells, err := grid(f, "Sheet1")
	if err != nil || len(cells) != 2 || len(cells[1]) > widest || cap(cells[1]) > 2*widest || cells[1][0] != "7" {
		t.Errorf("%d lines, the second of %d cells: %v", len(cells), len(cells[len(cells)-1]), err)
	}
}
