package api

import (
	"encoding/json"
	"net/url"
	"reflect"
	"testing"
	"time"

	"andu/domain"
)

// A form says the same as the JSON of its command: what was left empty and need not be filled is left out.
func TestDecodeForm(t *testing.T) {
	type Inner struct {
		Revision int64  `json:"revision" required:"false"`
		Digest   string `json:"digest" required:"false"`
	}
	type Embedded struct {
		Title string `json:"title" required:"false"`
	}
	type command struct {
		Embedded
		Reason string         `json:"reason"`
		Copies int            `json:"copies"`
		Pages  int            `json:"pages" required:"false"`
		Amount domain.Money   `json:"amount" required:"false"`
		On     domain.Date    `json:"on" required:"false"`
		At     domain.Instant `json:"at"`
		OK     bool           `json:"ok"`
		Organs []string       `json:"organs" required:"false"`
		Days   []domain.Date  `json:"days"`
		Shown  Inner          `json:"shown"`
		Hidden string         `json:"-"`
	}
	zone := time.FixedZone("Asia/Shanghai", 8*60*60)
	for _, c := range []struct{ name, posted, want string }{
		{"text, numbers, dates, lists and what is nested",
			"title=标题&reason=一\r\n二&copies=3&pages=&amount=10.50&on=2026-04-15&at=2026-04-15T08:15&ok=true&organs=甲、乙&organs=丙&days=2026-05-01,2026-05-02&shown[revision]=7&shown[digest]=ab",
			`{"title":"标题","reason":"一\n二","copies":3,"amount":"10.50","on":"2026-04-15","at":"2026-04-15T08:15:00+08:00","ok":true,"organs":["甲","乙","丙"],"days":["2026-05-01","2026-05-02"],"shown":{"revision":7,"digest":"ab"}}`},
		{"an empty form leaves out what need not be filled, and keeps an empty text that has to be",
			"title=&reason=&copies=&on=&ok=&organs=&shown[revision]=",
			`{"reason":"","ok":false,"days":[],"shown":{}}`},
		{"what is no number stays as it was typed", "reason=x&copies=three&at=soon", `{"reason":"x","copies":"three","at":"soon","ok":false,"days":[],"shown":{}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			posted, err := url.ParseQuery(encode(c.posted))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(decodeForm(posted, reflect.TypeFor[command](), "", zone))
			if err != nil {
				t.Fatal(err)
			}
			var g, w any
			if json.Unmarshal(got, &g) != nil || json.Unmarshal([]byte(c.want), &w) != nil || !reflect.DeepEqual(g, w) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// encode escapes what an address may not hold, and leaves what separates.
func encode(s string) string {
	out := ""
	for _, r := range s {
		switch r {
		case '&', '=':
			out += string(r)
		default:
			out += url.QueryEscape(string(r))
		}
	}
	return out
}

func FuzzDecodeForm(f *testing.F) {
	f.Add("title=x&copies=1&shown[revision]=2")
	f.Fuzz(func(t *testing.T, text string) {
		posted, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		for _, act := range []reflect.Type{reflect.TypeFor[struct {
			domain.Actor
			N     int `json:"n"`
			Shown struct {
				A []int `json:"a"`
			} `json:"shown"`
		}]()} {
			if _, err := json.Marshal(decodeForm(posted, act, "", time.UTC)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
