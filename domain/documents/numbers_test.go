package documents

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNormal(t *testing.T) {
	for written, want := range map[string]string{
		"国办发明电〔2025〕7号":           "国办发明电〔2025〕7号",
		"国办发明电〔2024〕12 号":         "国办发明电〔2024〕12号",
		"国发[2015]68号":             "国发〔2015〕68号",
		"国办发„2009‟3号":             "国办发〔2009〕3号",
		"财科教【2017】6号":             "财科教〔2017〕6号",
		"中办发﹝2015﹞23号":            "中办发〔2015〕23号",
		"舟政发(2010)54号":            "舟政发〔2010〕54号",
		"瑞政办（2011）129号":           "瑞政办〔2011〕129号",
		"渝北府发 〔2017〕 7号":          "渝北府发〔2017〕7号",
		"黑政调〔２０２０〕６号":             "黑政调〔2020〕6号",
		"国务院令〔2003〕第394号":         "国务院令〔2003〕394号",
		"财政部 税务总局公告 2023 年第 25 号": "财政部税务总局公告2023年25号",
		"（88）国税地字第025号":           "〔88〕国税地字25号",
		"甲发〔2026〕0号":              "甲发〔2026〕0号",
		"甲发〔2026〕00号":             "甲发〔2026〕0号",
		"甲发〔2026〕100号":            "甲发〔2026〕100号",
		"ａ-26-01":                 "A-26-1",
		"韶府便笺":                    "韶府便笺",
		"第":                       "第",
		"":                        "",
	} {
		if got := Normal(written); got != want {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
	}
}

func TestNormalIsStable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := Normal(rapid.StringMatching(`[国办发第0-9０-９〔〕\[\]（） 号a-c]*`).Draw(rt, "number"))
		if again := Normal(n); again != n {
			rt.Fatalf("%q becomes %q", n, again)
		}
	})
}

func TestSamePaper(t *testing.T) {
	paper := func(number, title, issued string, organs ...string) Paper {
		return Paper{Number: number, Title: title, IssuedOn: day(issued), SourceOrgans: organs}
	}
	holidays := paper("国办发明电〔2025〕7号", "国务院办公厅关于2026年部分节假日安排的通知", "2025-11-04", "国务院办公厅")
	joint := paper("中发〔2015〕36号", "中共中央 国务院关于印发〈法治政府建设实施纲要(2015-2020年)〉的通知", "", "中共中央、国务院")
	for name, c := range map[string]struct {
		a, b Paper
		same bool
	}{
		"a paper is itself":                        {holidays, holidays, true},
		"brackets and spaces do not matter":        {holidays, paper("国办发明电[2025] 7 号", "国务院办公厅关于 2026 年部分节假日安排的通知", "2025-11-04", "国务院办公厅"), true},
		"joint issuers and title marks":            {joint, paper("中发〔2015〕36号", "中共中央国务院关于印发《法治政府建设实施纲要（2015-2020年）》的通知", "", "国务院", "中共中央"), true},
		"one serial of two years is two papers":    {holidays, paper("国办发明电〔2023〕7号", holidays.Title, "2025-11-04", "国务院办公厅"), false},
		"one title under two numbers is two":       {paper("阳府告〔2015〕14号", "公告", "", "阳江市人民政府"), paper("阳府告〔2015〕20号", "公告", "", "阳江市人民政府"), false},
		"monthly papers differ by a digit":         {paper("", "关于2015年1月份情况的通报", "", "珠海市"), paper("", "关于2015年5月份情况的通报", "", "珠海市"), false},
		"one title of two organs is two":           {paper("", "应急预案", "", "甲县"), paper("", "应急预案", "", "乙县"), false},
		"one title of two days is two":             {paper("", "应急预案", "2020-01-01", "甲县"), paper("", "应急预案", "2021-01-01", "甲县"), false},
		"papers without number and date can agree": {paper("", "关于“明年”工作的通知", "", "甲县"), paper("", "关于\"明年\"工作的通知", "", "甲县"), true},
		"what has no title agrees with nothing":    {Paper{}, Paper{}, false},
	} {
		if SamePaper(c.a, c.b) != c.same || SamePaper(c.b, c.a) != c.same {
			t.Errorf("%s: want %v", name, c.same)
		}
	}
}

// The real register that stands beside the repository where it is there: the four papers that came twice are found, and
// nothing else is taken for a copy.
func TestRealRegister(t *testing.T) {
	f, err := os.Open("../../../shared/data/incoming.csv")
	if err != nil {
		// Nothing outside the clone is needed to test: the register is looked at where it lies beside it.
		t.Skip("the real register is not beside the repository: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var papers []Paper
	copies := 0
	for _, row := range rows[1:] {
		p := Paper{SourceOrgans: []string{row[0]}, Number: row[1], Title: row[2], Kind: row[3], IssuedOn: day(row[4])}
		found := false
		for _, earlier := range papers {
			found = found || SamePaper(earlier, p)
		}
		if marked := strings.Contains(row[10], "arrives a second time"); found != marked {
			t.Errorf("%s %s: found before %v, marked as a copy %v", p.Number, p.Title, found, marked)
		}
		if found {
			copies++
		}
		papers = append(papers, p)
	}
	if copies != 4 {
		t.Errorf("%d copies found, 4 came", copies)
	}
}
