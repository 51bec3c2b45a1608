package demo

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// Surnames and given names with their pinyin. No name here is meant to be anybody's.
var surnames = [][2]string{{"王", "wang"}, {"李", "li"}, {"张", "zhang"}, {"刘", "liu"}, {"陈", "chen"}, {"杨", "yang"}, {"赵", "zhao"}, {"黄", "huang"},
	{"周", "zhou"}, {"吴", "wu"}, {"徐", "xu"}, {"孙", "sun"}, {"胡", "hu"}, {"朱", "zhu"}, {"高", "gao"}, {"林", "lin"}, {"何", "he"}, {"郭", "guo"},
	{"马", "ma"}, {"罗", "luo"}, {"梁", "liang"}, {"宋", "song"}, {"郑", "zheng"}, {"谢", "xie"}, {"韩", "han"}}

var givenNames = [][2]string{{"志远", "zhiyuan"}, {"文静", "wenjing"}, {"建国", "jianguo"}, {"晓梅", "xiaomei"}, {"海燕", "haiyan"}, {"永康", "yongkang"},
	{"思敏", "simin"}, {"国栋", "guodong"}, {"春华", "chunhua"}, {"立新", "lixin"}, {"雅琴", "yaqin"}, {"卫东", "weidong"}, {"明哲", "mingzhe"},
	{"玉兰", "yulan"}, {"少峰", "shaofeng"}, {"佳慧", "jiahui"}, {"正平", "zhengping"}, {"素芬", "sufen"}, {"一鸣", "yiming"}, {"秋实", "qiushi"}}

// people gives the officers and the holders of every post names; logins are the pinyin of the post, so that a newcomer
// can guess them.
func people(d *doer, o Office) []Person {
	r := rand.New(rand.NewPCG(uint64(len(o.ID)), 7))
	used := map[string]bool{}
	name := func() (string, string) {
		for {
			s, g := surnames[r.IntN(len(surnames))], givenNames[r.IntN(len(givenNames))]
			if n := s[0] + g[0]; !used[n] {
				used[n] = true
				return n, s[1] + " " + g[1]
			}
		}
	}
	var list []Person
	add := func(login, post string) {
		n, pinyin := name()
		list = append(list, Person{ID: d.id("person", len(list)), Name: n, Pinyin: pinyin, Login: login, Post: post})
	}
	prefix := ""
	if o.ID != "county" {
		prefix = o.ID + "-"
	}
	for _, kind := range []string{"sysadmin", "secadmin", "auditor"} {
		add(prefix+kind, "")
	}
	for _, p := range o.Posts {
		for i := range p.Holders {
			login := prefix + p.Post
			if i > 0 {
				login = fmt.Sprintf("%s%d", login, i+1)
			}
			add(login, p.Post)
		}
	}
	return list
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func contains(list []string, s string) bool { return slices.Contains(list, s) }
