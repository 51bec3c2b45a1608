package demo

import (
	"fmt"
	"io"
	"log/slog"

	"andu/domain"
)

// discard is for work whose failures are returned.
var discard = slog.New(slog.NewTextHandler(io.Discard, nil))

// item is a paper before it comes.
type item struct {
	organs              []string
	number, title, kind string
	level, channel      string
	urgency             string
	class               domain.Class
	issued              domain.Date
	copies              int
	notStated           []string
	wrong               bool
}

// sources are organs that write to a county office, with the mark of their numbers and their level.
var sources = []struct{ organ, mark, level string }{
	{"省人民政府办公厅", "省政办发", "province"}, {"省应急管理厅", "省应急", "province"}, {"市人民政府", "市政发", "city"}, {"市人民政府办公室", "市政办发", "city"},
	{"市人民政府督查室", "市督函", "city"}, {"市财政局", "市财预", "city"}, {"市自然资源局", "市资规", "city"}, {"县教育局", "县教字", "county"},
	{"县卫生健康局", "县卫字", "county"}, {"县交通运输局", "县交字", "county"}, {"县农业农村局", "县农字", "county"}, {"县财政局", "县财字", "county"},
	{"城关镇人民政府", "城政字", "township"}, {"河西乡人民政府", "河政字", "township"}, {"柳林镇人民政府", "柳政字", "township"},
}

// topics are what papers are about.
var topics = []string{"做好低温雨雪冰冻灾害防范应对工作", "报送年度重点工作完成情况", "开展安全生产大检查", "加强耕地保护工作", "县第三中学扩建用地", "农村公路养护资金安排",
	"政务值班工作规范", "防汛抗旱物资储备", "森林防火期火源管理", "基层卫生院设备更新", "清理拖欠企业账款", "政务公开重点任务", "高标准农田建设", "老旧小区改造计划",
	"节假日值班安排", "档案移交进馆", "机关办公用房清理", "营商环境评价整改", "乡村道路安全隐患整治", "饮用水水源地保护"}

func (l *life) number(mark string) string {
	if l.serial == nil {
		l.serial = map[string]int{}
	}
	l.serial[mark] += 1 + l.r.IntN(3)
	return fmt.Sprintf("%s〔%d〕%d号", mark, l.today().Year, l.serial[mark])
}

// item makes the next paper: kinds, urgencies and classes in about the shares that a county office meets.
func (l *life) item() item {
	s := sources[l.r.IntN(len(sources))]
	it := item{organs: []string{s.organ}, level: s.level, channel: "文件交换", copies: 1 + l.r.IntN(3), issued: l.today().Add(-l.r.IntN(5)), notStated: []string{}}
	topic := topics[l.r.IntN(len(topics))]
	switch {
	case s.level == "county" || s.level == "township":
		it.kind = []string{"请示", "报告", "函"}[l.r.IntN(3)]
	default:
		it.kind = []string{"通知", "通知", "通知", "意见", "通报", "函"}[l.r.IntN(6)]
	}
	it.title = "关于" + topic + "的" + it.kind
	if l.chance(10) {
		other := sources[l.r.IntN(len(sources))]
		if other.organ != s.organ && other.level == s.level {
			it.organs = append(it.organs, other.organ)
		}
	}
	switch n := l.r.IntN(20); {
	case n == 0:
		it.urgency, it.channel = "特急", "明电"
	case n < 4:
		it.urgency = "加急"
	default:
		it.urgency = "平件"
	}
	switch n := l.r.IntN(40); {
	case n == 0:
		it.class, it.channel = domain.Confidential, "机要"
	case n < 4:
		it.class = domain.Internal
	default:
		it.class = domain.Public
	}
	it.number = l.number(s.mark)
	if l.chance(30) {
		it.number, it.notStated = "", append(it.notStated, "doc_number")
	}
	it.wrong = l.chance(45)
	return it
}
