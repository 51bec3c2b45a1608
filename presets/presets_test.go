package presets

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// requirements lies beside the repository on the machines of the house; the files here need nothing of it.
const requirements = "../../shared/requirements"

type file struct {
	Document document `json:"document"`
	Values   []entry  `json:"values"`
}

type document struct {
	ID            string   `json:"id"`
	Title         string   `json:"title"`
	Issuer        *string  `json:"issuer"`
	Number        *string  `json:"number"`
	EffectiveFrom *string  `json:"effective_from"`
	EffectiveTo   *string  `json:"effective_to"`
	Interpreter   *string  `json:"interpreter"`
	Supersedes    []string `json:"supersedes"`
	Truncated     string   `json:"truncated"`
	Supplement    bool     `json:"supplement"`
	InForceFrom   string   `json:"in_force_from"`
	InForceBy     string   `json:"in_force_by"`
}

type entry struct {
	Key      string          `json:"key"`
	Value    json.RawMessage `json:"value"`
	Blank    bool            `json:"blank"`
	Clause   string          `json:"clause"`
	Boundary string          `json:"boundary"`
	Note     string          `json:"note"`
	Also     bool            `json:"also"`
	Replaces []string        `json:"replaces"`
}

func strict(t *testing.T, name string, v any) []byte {
	t.Helper()
	b, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Fatalf("%s: something follows the document", name)
	}
	return b
}

func load(t *testing.T, names ...string) []file {
	t.Helper()
	var fs []file
	for _, name := range names {
		var f file
		strict(t, name, &f)
		fs = append(fs, f)
	}
	return fs
}

var offices = []string{"county", "bureau", "weekly"}

func TestEveryFileIsListedOnce(t *testing.T) {
	listed := Notices()
	for _, o := range offices {
		listed = append(append(listed, Office(o)...), Variants(o)...)
	}
	var embedded []string
	err := fs.WalkDir(Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json") {
			embedded = append(embedded, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(listed)
	slices.Sort(embedded)
	if !slices.Equal(listed, embedded) {
		t.Errorf("listed %v\nembedded %v", listed, embedded)
	}
	if Office("nowhere") != nil || Variants("weekly") != nil {
		t.Error("a document is listed that no office has")
	}
}

func TestDocuments(t *testing.T) {
	for _, o := range offices {
		ids := map[string]bool{}
		for _, name := range append(Office(o), Variants(o)...) {
			f := load(t, name)[0]
			d := f.Document
			if d.ID == "" || d.Title == "" || d.Supersedes == nil || ids[d.ID] {
				t.Errorf("%s: head without id, title or supersedes, or its id twice: %+v", name, d)
			}
			ids[d.ID] = true
			from := d.InForceFrom
			if d.EffectiveFrom != nil {
				from = *d.EffectiveFrom
			}
			if _, err := time.Parse(time.DateOnly, from); err != nil {
				t.Errorf("%s: comes into force on %q", name, from)
			}
			if (d.InForceFrom == "") != (d.InForceBy == "") || (d.EffectiveFrom == nil) != (d.InForceBy != "") {
				t.Errorf("%s: a document is put into force by itself or by another one", name)
			}
			for _, e := range f.Values {
				if e.Key == "" || e.Blank != (len(e.Value) == 0) || string(e.Value) == "null" {
					t.Errorf("%s: %s: an entry is a value or a blank", name, e.Key)
				}
				if e.Blank && (e.Also || e.Replaces != nil || e.Boundary != "") {
					t.Errorf("%s: %s: a blank adds nothing and replaces nothing", name, e.Key)
				}
				if e.Also && e.Value[0] != '[' {
					t.Errorf("%s: %s: only lists are added to", name, e.Key)
				}
				if d.Supplement && e.Blank {
					t.Errorf("%s: %s: a supplement leaves nothing blank", name, e.Key)
				}
			}
		}
	}
}

func TestEntriesAreShort(t *testing.T) {
	const limit = 400
	for _, o := range offices {
		for _, name := range append(Office(o), Variants(o)...) {
			var raw struct {
				Document json.RawMessage
				Values   []json.RawMessage
			}
			b, err := Read(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &raw); err != nil {
				t.Fatal(err)
			}
			for _, v := range raw.Values {
				var c bytes.Buffer
				if err := json.Compact(&c, v); err != nil {
					t.Fatal(err)
				}
				if n := utf8.RuneCount(c.Bytes()); n > limit {
					t.Errorf("%s: an entry of %d characters: %s", name, n, &c)
				}
			}
		}
	}
}

// blanks counts what the regulations of an office leave open; left is what its supplement leaves to a variant, or open
// because the office never does it.
var blanks = map[string]int{"county": 115, "bureau": 148, "weekly": 0}

var left = map[string][]string{
	"county": {"leave.tiers[*].boundary"},
	"bureau": {
		"fin.thresholds[vehicle repair].incl", "leave.phoneIn.before", "leave.phoneIn.callTo", "leave.phoneIn.countFrom", "leave.phoneIn.lapse",
		"leave.phoneIn.latePaper", "leave.phoneIn.paperDueDays", "leave.tiers[事假].boundary", "mtg.kinds", "mtg.ready.leadMinutes",
		"mtg.service.intervalMinutes", "pty.quorum", "stu.leave.approvers", "stu.quota", "stu.schedule",
	},
	"weekly": nil,
}

func TestBlanks(t *testing.T) {
	for _, o := range offices {
		blank, stated := map[string]bool{}, []string{}
		n := 0
		for _, f := range load(t, Office(o)...) {
			for _, e := range f.Values {
				if e.Blank {
					n++
					blank[e.Key] = true
				} else if f.Document.Supplement {
					stated = append(stated, e.Key)
				}
			}
		}
		if n != blanks[o] {
			t.Errorf("%s: %d blanks, expected %d", o, n, blanks[o])
		}
		var open []string
		for _, k := range slices.Sorted(maps.Keys(blank)) {
			if !slices.ContainsFunc(stated, func(s string) bool { return fills(s, k) }) {
				open = append(open, k)
			}
		}
		if !slices.Equal(open, left[o]) {
			t.Errorf("%s: after the supplement %q are blank, expected %q", o, open, left[o])
		}
	}
}

// fills tells whether a stated key answers a blank one: itself, one of its fields, or one of its indexes.
func fills(stated, blank string) bool {
	if i, j := strings.IndexByte(stated, '['), strings.IndexByte(stated, ']'); i > 0 && j > i && stated[:i]+stated[j+1:] == blank {
		return true
	}
	rest, ok := strings.CutPrefix(stated, blank)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Two documents of one office that state one key without adding to it are in conflict; these two are meant to be.
var conflicts = map[string][]string{"county": {"apr.authority[人事].body", "stu.schedule"}}

func TestOneValueForEachKey(t *testing.T) {
	for _, o := range offices {
		in := map[string][]string{}
		var found []string
		for _, f := range load(t, Office(o)...) {
			for _, e := range f.Values {
				if e.Blank || e.Also {
					continue
				}
				for _, other := range in[e.Key] {
					if !slices.Contains(e.Replaces, other) {
						found = append(found, e.Key)
					}
				}
				in[e.Key] = append(in[e.Key], f.Document.ID)
			}
		}
		slices.Sort(found)
		if !slices.Equal(found, conflicts[o]) {
			t.Errorf("%s: conflicts %q, expected %q", o, found, conflicts[o])
		}
		for _, f := range load(t, Office(o)...) {
			for _, e := range f.Values {
				if e.Also && in[e.Key] != nil {
					t.Errorf("%s: %s is added to in %s and stated in %v", o, e.Key, f.Document.ID, in[e.Key])
				}
			}
		}
		for _, v := range load(t, Variants(o)...) {
			for _, e := range v.Values {
				if !slices.Equal(e.Replaces, in[e.Key]) {
					t.Errorf("%s: %s replaces %v, but %v state it", v.Document.ID, e.Key, e.Replaces, in[e.Key])
				}
			}
		}
	}
}

func TestPostsAndReferences(t *testing.T) {
	special := []string{"", "office", "organiser", "instructing-leader", "nobody"}
	for _, o := range offices {
		type post struct{ ID, Title, Unit string }
		posts, keys := map[string]post{}, map[string]bool{}
		files := load(t, append(Office(o), Variants(o)...)...)
		for _, f := range files {
			for _, e := range f.Values {
				keys[e.Key] = true
				if e.Key != "org.posts" {
					continue
				}
				var list []post
				if err := json.Unmarshal(e.Value, &list); err != nil {
					t.Fatal(err)
				}
				for _, p := range list {
					if q, ok := posts[p.ID]; p.ID == "" || p.Title == "" || p.Unit == "" || ok && p != q {
						t.Errorf("%s: post %+v, elsewhere %+v", o, p, q)
					}
					posts[p.ID] = p
				}
			}
		}
		known := func(where string, vs ...string) {
			for _, v := range vs {
				if _, ok := posts[v]; !ok && !keys[v] && !slices.Contains(special, v) {
					t.Errorf("%s: %s names %q, which is no post", o, where, v)
				}
			}
		}
		for _, f := range files {
			for _, e := range f.Values {
				if e.Blank {
					continue
				}
				for _, s := range texts(t, e.Value) {
					if strings.Contains(s, "[") && !keys[s] {
						t.Errorf("%s: %s is decided by %s, which no document names", o, e.Key, s)
					}
				}
				where := f.Document.ID + " " + e.Key
				var one string
				var many []string
				switch {
				case strings.HasPrefix(e.Key, "apr.authority[") && strings.HasSuffix(e.Key, ".signer"):
					var route []struct {
						Posts      []string
						Mode, Form string
						When       map[string]any
					}
					if err := json.Unmarshal(e.Value, &route); err != nil || len(route) == 0 {
						t.Fatalf("%s: %v", where, err)
					}
					for _, s := range route {
						known(where, s.Posts...)
						if len(s.Posts) == 0 || !slices.Contains([]string{"all", "any", "sequence"}, s.Mode) {
							t.Errorf("%s: step %+v", where, s)
						}
					}
				case strings.HasPrefix(e.Key, "leave.tiers[") && !strings.HasSuffix(e.Key, ".boundary"):
					var tiers []struct {
						From, Boundary, Approver, Form string
						UpTo                           string `json:"up_to"`
					}
					if err := json.Unmarshal(e.Value, &tiers); err != nil || len(tiers) == 0 {
						t.Fatalf("%s: %v", where, err)
					}
					for i, tier := range tiers {
						known(where, tier.Approver)
						if i > 0 && tier.From != tiers[i-1].UpTo {
							t.Errorf("%s: tier %d begins at %s, not at %s", where, i+1, tier.From, tiers[i-1].UpTo)
						}
						if (tier.UpTo == "") != (tier.Boundary == "") {
							t.Errorf("%s: tier %d has an end without a boundary, or a boundary without an end", where, i+1)
						}
					}
				case strings.HasPrefix(e.Key, "apr.escalateTo["), strings.HasPrefix(e.Key, "org.inCharge["), strings.HasSuffix(e.Key, ".keeper"),
					slices.Contains([]string{"rcv.registrar", "rcv.distribution", "rcv.dutyFax.handOnTo", "att.makeup.approver", "duty.roster.publisher",
						"duty.roster.approver", "arc.destroy.approver", "veh.repair.approver[up to 500]", "sup.issue.signer", "sec.scope.setBy"}, e.Key):
					if err := json.Unmarshal(e.Value, &one); err != nil {
						t.Fatalf("%s: %v", where, err)
					}
					known(where, one)
				case strings.HasPrefix(e.Key, "apr.delegation.grantor"), e.Key == "cal.hoursAdjustableBy", e.Key == "leave.phoneIn.callTo",
					e.Key == "duty.handover.alertTo", e.Key == "duty.standIn.roles", strings.HasPrefix(e.Key, "duty.cover[") && strings.HasSuffix(e.Key, ".by"):
					if err := json.Unmarshal(e.Value, &many); err != nil {
						t.Fatalf("%s: %v", where, err)
					}
					known(where, many...)
				}
				for _, prefix := range []string{"apr.escalateTo[", "apr.delegation.scope[", "apr.delegation.grantor[", "org.appointment["} {
					if i, ok := strings.CutPrefix(e.Key, prefix); ok {
						known(where, strings.TrimSuffix(i, "]"))
					}
				}
			}
		}
	}
}

// texts collects the strings and the field names of a value.
func texts(t *testing.T, raw json.RawMessage) (all []string) {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			all = append(all, v)
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			for k, x := range v {
				all = append(all, k)
				walk(x)
			}
		}
	}
	walk(v)
	return all
}

type notice struct {
	Year   int      `json:"year"`
	Papers []string `json:"papers"`
	Days   []struct {
		Date string `json:"date"`
		Name string `json:"name"`
		Off  bool   `json:"off"`
	} `json:"days"`
}

func TestNotices(t *testing.T) {
	read := map[string]notice{}
	for _, name := range Notices() {
		var n notice
		strict(t, name, &n)
		read[name] = n
		if !strings.HasPrefix(filepath.Base(name), fmt.Sprint(n.Year)) || (len(n.Papers) == 0) != (len(n.Days) == 0) {
			t.Errorf("%s: year %d, %d papers, %d days", name, n.Year, len(n.Papers), len(n.Days))
		}
		last := ""
		for _, d := range n.Days {
			at, err := time.Parse(time.DateOnly, d.Date)
			if err != nil || d.Date <= last || d.Name == "" || at.Year() < n.Year-1 || at.Year() > n.Year {
				t.Errorf("%s: day %+v", name, d)
			}
			last = d.Date
		}
	}
	first, second := map[string]bool{}, map[string]bool{}
	for _, d := range read["holidays/2020-first.json"].Days {
		first[d.Date] = d.Off
	}
	for _, d := range read["holidays/2020.json"].Days {
		second[d.Date] = d.Off
	}
	if _, ok := first["2020-01-31"]; ok || first["2020-02-01"] || !second["2020-01-31"] || !second["2020-02-01"] || second["2020-02-03"] {
		t.Error("the second notice of 2020 does not lengthen the first")
	}
	if !outside(t, "../data/holidays/2018.json") {
		return
	}
	for name, n := range read {
		b, err := os.ReadFile(filepath.Join(requirements, "../data", name))
		if err != nil {
			t.Fatal(err)
		}
		var source struct {
			Papers []string
			Days   []struct {
				Date, Name string
				IsOffDay   bool
			}
		}
		if err := json.Unmarshal(b, &source); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(n.Papers, source.Papers) || len(n.Days) != len(source.Days) {
			t.Errorf("%s: %d papers and %d days, the source has %d and %d", name, len(n.Papers), len(n.Days), len(source.Papers), len(source.Days))
			continue
		}
		for i, s := range source.Days {
			if d := n.Days[i]; d.Date != s.Date || d.Name != s.Name || d.Off != s.IsOffDay {
				t.Errorf("%s: %+v, the source has %+v", name, d, s)
			}
		}
	}
}

// outside tells whether the requirements lie beside the repository, and says so when they do not.
func outside(t *testing.T, name string) bool {
	t.Helper()
	_, err := os.Stat(filepath.Join(requirements, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Logf("%s is not beside the repository: the files were not compared with it", name)
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

func table(t *testing.T, name string) []map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(requirements, name))
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma, r.LazyQuotes = '\t', true
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, l := range lines[1:] {
		row := map[string]string{}
		for i, h := range lines[0] {
			row[h] = l[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// keysOf gives the keys that one row of the requirements became: a post stands by its id, and a row that names several
// posts, classes or kinds is one entry for each.
func keysOf(office, key string) []string {
	head, rest, ok := strings.Cut(key, "[")
	index, tail, _ := strings.Cut(rest, "]")
	if !ok {
		return []string{key}
	}
	words := map[string][]string{
		"机密 秘密": {"机密", "秘密"}, "基本建设 大中型设备购置 房屋": {"基本建设", "大中型设备购置", "房屋"},
	}
	switch head {
	case "org.appointment", "apr.delegation.scope", "apr.delegation.grantor", "apr.escalateTo", "apr.escalateUp", "stu.quota":
		maps.Copy(words, map[string][]string{
			"办公室主任": {"director"}, "主任": {"director"}, "分管副主任": {"deputy-admin"}, "副主任": {"deputy-admin", "deputy-papers"},
			"主任会": {"directors-meeting"}, "主任 副主任 秘书": {"director", "deputy-admin", "deputy-papers", "secretary"},
			"局长": {"chief"}, "股室负责人": {"section-head"}, "办公室分管领导": {"office-leader"},
		})
	}
	if words[index] == nil {
		return []string{key}
	}
	var keys []string
	for _, w := range words[index] {
		keys = append(keys, head+"["+w+"]"+tail)
	}
	return keys
}

func TestRequirementsAreThere(t *testing.T) {
	if !outside(t, "presets.tsv") {
		return
	}
	byID := map[string]file{}
	for _, o := range offices {
		for _, f := range load(t, append(Office(o), Variants(o)...)...) {
			byID[f.Document.ID] = f
		}
	}
	// What the rows imply without a row of their own.
	wanted := map[string]bool{
		"REG-04 org.posts 一.2": true, "REG-04 org.posts 三.2": true, "REG-21 org.posts 二.15(一)": true,
		"SUP-A cal.workHours.breakStart ": true, "SUP-B org.posts ": true,
		"SUP-B reg.books[收文登记].keeper ": true,
	}
	blank := map[string]int{}
	check := func(id, key, clause string, isBlank bool) {
		f, ok := byID[id]
		if !ok {
			t.Fatalf("no document %s", id)
		}
		if strings.HasPrefix(key, "policy.sourceTruncated") {
			if f.Document.Truncated == "" {
				t.Errorf("%s does not say where it breaks off", id)
			}
			return
		}
		wanted[id+" "+key+" "+clause] = true
		if !slices.ContainsFunc(f.Values, func(e entry) bool { return e.Key == key && e.Clause == clause && e.Blank == isBlank }) {
			t.Errorf("%s: %s, clause %q, blank %t, is missing", id, key, clause, isBlank)
		}
	}
	for _, row := range table(t, "presets.tsv") {
		docs := strings.Split(row["regulation"], ",")
		isBlank := row["value"] == "BLANK"
		if strings.HasPrefix(row["key"], "policy.meta[") {
			d, stated := byID[docs[0]].Document, ""
			_, field, _ := strings.Cut(row["key"], "].")
			p := map[string]*string{"title": &d.Title, "issuer": d.Issuer, "docNumber": d.Number, "effectiveFrom": d.EffectiveFrom, "interpreter": d.Interpreter}[field]
			if p != nil {
				stated = *p
			}
			if isBlank != (stated == "") || !isBlank && stated != row["value"] {
				t.Errorf("%s: %s is %q", d.ID, field, stated)
			}
			continue
		}
		clause := row["clause"]
		if clause == "-" || len(docs) > 1 {
			clause = ""
		}
		for _, k := range keysOf(row["office"], row["key"]) {
			if isBlank {
				blank[row["office"]]++
			}
			check(docs[0], k, clause, isBlank)
		}
	}
	if blank["A"] != blanks["county"] || blank["B"] != blanks["bureau"] {
		t.Errorf("the rows leave %v blank, the files %v", blank, blanks)
	}
	for _, row := range table(t, "supplements.tsv") {
		id := "SUP-" + row["office"]
		if strings.HasPrefix(row["key"], "policy.meta[") {
			_, field, _ := strings.Cut(row["key"], "].")
			d := byID[id].Document
			switch v := row["value"]; {
			case field == "effectiveFrom" && !strings.Contains(row["key"], "SUP-"):
				for _, f := range byID {
					if f.Document.InForceBy == id && f.Document.InForceFrom != v {
						t.Errorf("%s comes into force on %s", f.Document.ID, f.Document.InForceFrom)
					}
				}
			case field == "title" && d.Title != v, field == "docNumber" && *d.Number != v, field == "interpreter" && *d.Interpreter != v,
				field == "effectiveFrom" && *d.EffectiveFrom != v:
				t.Errorf("%s: %s is not %s", id, field, v)
			}
			continue
		}
		for _, k := range keysOf(row["office"], row["key"]) {
			check(id, k, "", false)
		}
	}
	for id, f := range byID {
		if id == "TOWN-01" {
			continue
		}
		for _, e := range f.Values {
			if !wanted[id+" "+e.Key+" "+e.Clause] {
				t.Errorf("%s: %s, clause %q, comes from no row", id, e.Key, e.Clause)
			}
		}
	}
}

func TestNoSentenceIsCopied(t *testing.T) {
	if !outside(t, "presets.tsv") || !outside(t, "regulations.txt") {
		return
	}
	b, err := os.ReadFile(filepath.Join(requirements, "regulations.txt"))
	if err != nil {
		t.Fatal(err)
	}
	source := string(b)
	for _, row := range table(t, "presets.tsv") {
		source += "\n" + row["quote"]
	}
	const run = 12
	for _, o := range offices {
		for _, f := range load(t, append(Office(o), Variants(o)...)...) {
			for _, e := range f.Values {
				said := []string{e.Note, e.Boundary}
				if !e.Blank {
					said = append(said, texts(t, e.Value)...)
				}
				for _, s := range said {
					r := []rune(s)
					for i := 0; i+run <= len(r); i++ {
						if w := string(r[i : i+run]); strings.Contains(source, w) {
							t.Errorf("%s: %s repeats %q", f.Document.ID, e.Key, w)
							break
						}
					}
				}
			}
		}
	}
}
