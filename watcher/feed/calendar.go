package feed

import (
	"strings"
	"time"
)

// monthOf knows the months in some 30 languages, whole and as abbreviated there,
// without accents. Names that mean different months in different languages
// ("listopad" is October in Croatia) stand for the one with more readers.
func monthOf(w string) time.Month {
	switch w {
	case "january", "jan", "januar", "janner", "janvier", "janv", "enero", "ene", "gennaio", "gen", "genn",
		"janeiro", "januari", "stycznia", "styczen", "sty", "leden", "ledna", "led", "январь", "января", "янв",
		"січень", "січня", "січ", "ocak", "oca", "januarja", "ιανουαριος", "ιανουαριου", "ιαν", "ianuarie", "ian",
		"tammikuu", "tammikuuta", "tammi", "януари", "яну", "gener",
		"janar", "јануар", "يناير", "ינואר", "जनवरी", "sausio", "sausis", "jaanuar", "janvaris", "janvara",
		"sijecnja", "sijecanj", "januara":
		return time.January
	case "february", "feb", "februar", "fevrier", "fevr", "fev", "febrero", "febbraio", "febb", "fevereiro",
		"februari", "lutego", "luty", "lut", "unor", "unora", "февраль", "февраля", "фев", "февр", "лютии",
		"лютого", "лют", "subat", "sub", "februarja", "φεβρουαριος", "φεβρουαριου", "φεβ", "februarie",
		"helmikuu", "helmikuuta", "helmi", "febr", "февруари", "febrer",
		"shkurt", "фебруар", "فبراير", "פברואר", "फरवरी", "vasario", "vasaris", "veebruar", "februaris",
		"februara", "veljace", "veljaca", "peb", "pebruari":
		return time.February
	case "march", "mar", "marz", "mrz", "maerz", "mars", "marzo", "marco", "maart", "mrt", "marca", "marzec",
		"brezen", "brezna", "bre", "март", "марта", "мар", "березень", "березня", "бер", "mart", "marcius", "marc",
		"μαρτιος", "μαρτιου", "μαρ", "martie", "maaliskuu", "maaliskuuta", "maalis",
		"maret", "مارس", "מרץ", "मारच", "kovo", "kovas", "marts", "ozujka", "ozujak", "ozu":
		return time.March
	case "april", "apr", "avril", "avr", "abril", "abr", "aprile", "kwietnia", "kwiecien", "kwi", "duben", "dubna",
		"dub", "апрель", "апреля", "апр", "квітень", "квітня", "квіт", "квт", "кві", "nisan", "nis", "aprilis", "απριλιος",
		"απριλιου", "απρ", "aprilie", "huhtikuu", "huhtikuuta", "huhti", "април", "apl",
		"ابريل", "אפריל", "अपरल", "balandzio", "balandis", "aprill", "aprila", "travnja", "travanj":
		return time.April
	case "may", "mai", "mayo", "maggio", "mag", "magg", "maio", "mei", "maja", "maj", "kveten", "kvetna", "kve",
		"маи", "мая", "травень", "травня", "трав", "тра", "mayis", "mayıs", "majus", "μαιος", "μαιου", "μαι", "toukokuu",
		"toukokuuta", "touko", "maig",
		"мај", "مايو", "מאי", "मई", "geguzes", "geguze", "maijs", "maija", "svibnja", "svibanj", "svi":
		return time.May
	case "june", "jun", "juni", "juin", "junio", "giugno", "giu", "junho", "czerwca", "czerwiec", "cze", "cerven",
		"cervna", "июнь", "июня", "июн", "червень", "червня", "черв", "чер", "haziran", "haz", "junius", "ιουνιος",
		"ιουνιου", "ιουν", "iunie", "iun", "kesakuu", "kesakuuta", "kesa", "юни", "juny",
		"јун", "يونيو", "יוני", "जन", "birzelio", "birzelis", "juuni", "junijs", "junija", "lipnja", "lipanj",
		"junij":
		return time.June
	case "july", "jul", "juli", "juillet", "juil", "julio", "luglio", "lug", "lugl", "julho", "lipca", "lipiec", "lip",
		"cervenec", "cervence", "июль", "июля", "июл", "липень", "липня", "лип", "temmuz", "tem", "julius",
		"ιουλιος", "ιουλιου", "ιουλ", "iulie", "iul", "heinakuu", "heinakuuta", "heina", "юли", "juliol",
		"јул", "يوليو", "יולי", "जलाई", "liepos", "liepa", "juuli", "julijs", "julija", "srpnja", "srpanj",
		"srp", "julij":
		return time.July
	case "august", "aug", "aout", "agosto", "ago", "augustus", "sierpnia", "sierpien", "sie", "srpen", "srpna",
		"август", "августа", "авг", "серпень", "серпня", "серп", "сер", "agustos", "agu", "augusztus", "αυγουστος",
		"αυγουστου", "αυγ", "elokuu", "elokuuta", "elo", "augusti", "agost",
		"اغسطس", "אוגוסט", "अगसत", "rugpjucio", "rugpjutis", "augusts", "augusta", "kolovoza", "kolovoz",
		"kol", "agustus", "agt", "avgust", "avgusta", "avg":
		return time.August
	case "september", "sep", "sept", "septembre", "septiembre", "setiembre", "settembre", "set", "sett", "setembro",
		"wrzesnia", "wrzesien", "wrz", "zari", "сентябрь", "сентября", "сен", "сент", "вересень", "вересня", "вер", "верес",
		"eylul", "eyl", "szeptember", "szept", "σεπτεμβριος", "σεπτεμβριου", "σεπ", "σεπτ", "septembrie", "syyskuu",
		"syyskuuta", "syys", "септември", "setembre",
		"септембар", "سبتمبر", "ספטמבר", "सितबर", "सितमबर", "rugsejo", "rugsejis", "septembris", "septembra",
		"rujna", "rujan", "ruj", "septembar":
		return time.September
	case "october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "ott", "outubro", "out", "pazdziernika",
		"pazdziernik", "paz", "rijen", "rijna", "октябрь", "октября", "окт", "жовтень", "жовтня", "жовт", "жов", "ekim",
		"eki", "οκτωβριος", "οκτωβριου", "οκτ", "octombrie", "lokakuu", "lokakuuta", "loka", "октомври",
		"октобар", "اكتوبر", "אוקטובר", "अकटबर", "अकतबर", "spalio", "spalis", "oktoober", "oktobris",
		"oktobra", "oktobar":
		return time.October
	case "november", "nov", "novembre", "noviembre", "novembro", "listopada", "listopad", "listopadu", "lis",
		"ноябрь", "ноября", "ноя", "нояб", "листопад", "листопада", "лист", "лис", "kasim", "kasım", "kas", "νοεμβριος",
		"νοεμβριου", "νοε", "νοεμ", "noiembrie", "noi", "marraskuu", "marraskuuta", "marras", "ноември",
		"новембар", "نوفمبر", "נובמבר", "नवबर", "नवमबर", "lapkricio", "lapkritis", "novembris", "novembra",
		"studenoga", "studenog", "studeni", "stu", "novembar":
		return time.November
	case "december", "dec", "dezember", "dez", "decembre", "diciembre", "dic", "dicembre", "dezembro", "desember",
		"des", "grudnia", "grudzien", "gru", "prosinec", "prosince", "pro", "декабрь", "декабря", "дек", "грудень",
		"грудня", "груд", "гру", "aralik", "aralık", "ara", "δεκεμβριος", "δεκεμβριου", "δεκ", "decembrie", "joulukuu",
		"joulukuuta", "joulu", "декември", "desembre",
		"децембар", "ديسمبر", "דצמבר", "दिसबर", "दिसमबर", "gruodzio", "gruodis", "detsember", "decembris",
		"decembra", "prosinca", "decembar":
		return time.December
	}
	return 0
}

// weekdayOf knows English weekdays, -1 stands for others.
func weekdayOf(w string) int {
	switch w {
	case "sun", "sunday":
		return 0
	case "mon", "monday":
		return 1
	case "tue", "tues", "tuesday":
		return 2
	case "wed", "wednesday":
		return 3
	case "thu", "thur", "thurs", "thursday":
		return 4
	case "fri", "friday":
		return 5
	case "sat", "saturday":
		return 6
	}
	return -1
}

// zoneOf knows the zone names that feeds use, lower case: RFC 822's, and those
// that are in use in one place only, or meant for one place nearly always. The
// names of the tz database need their case.
func zoneOf(w, raw string) (*time.Location, bool) {
	if strings.ContainsRune(raw, '/') {
		loc, err := time.LoadLocation(raw)
		return loc, err == nil
	}
	if name := generic(w); name != "" {
		loc, err := time.LoadLocation(name)
		return loc, err == nil
	}
	minutes, ok := zoneMinutes(w)
	if !ok {
		return nil, false
	}
	return time.FixedZone(strings.ToUpper(w), minutes*60), true
}

// generic is the place behind a name that leaves out whether it is summer.
func generic(w string) string {
	switch w {
	case "et":
		return "America/New_York"
	case "ct":
		return "America/Chicago"
	case "mt":
		return "America/Denver"
	case "pt":
		return "America/Los_Angeles"
	case "at":
		return "America/Halifax"
	}
	return ""
}

// zoneMinutes is how far a zone is ahead of UTC.
func zoneMinutes(w string) (int, bool) {
	switch w {
	case "z", "ut", "utc", "gmt", "wet", "uct":
		return 0, true
	case "bst", "cet", "met", "mez", "west", "wat":
		return 60, true
	case "cest", "mest", "mesz", "eet", "sast", "cat":
		return 2 * 60, true
	case "eest", "msk", "eat", "trt", "idt":
		return 3 * 60, true
	case "irst":
		return 3*60 + 30, true
	case "gst", "msd", "samt", "azt":
		return 4 * 60, true
	case "aft", "irdt":
		return 4*60 + 30, true
	case "pkt", "yekt", "uzt":
		return 5 * 60, true
	case "ist":
		return 5*60 + 30, true
	case "npt":
		return 5*60 + 45, true
	case "omst", "bdt":
		return 6 * 60, true
	case "mmt":
		return 6*60 + 30, true
	case "ict", "wib", "krat", "novt":
		return 7 * 60, true
	case "hkt", "sgt", "pht", "awst", "myt", "wita", "irkt":
		return 8 * 60, true
	case "jst", "kst", "wit", "yakt":
		return 9 * 60, true
	case "acst":
		return 9*60 + 30, true
	case "aest", "vlat":
		return 10 * 60, true
	case "acdt":
		return 10*60 + 30, true
	case "aedt":
		return 11 * 60, true
	case "nzst":
		return 12 * 60, true
	case "nzdt":
		return 13 * 60, true
	case "ndt":
		return -(2*60 + 30), true
	case "brt", "art", "adt", "uyt":
		return -3 * 60, true
	case "nst":
		return -(3*60 + 30), true
	case "ast", "edt", "vet", "bot":
		return -4 * 60, true
	case "est", "cdt", "cot", "pet":
		return -5 * 60, true
	case "cst", "mdt":
		return -6 * 60, true
	case "mst", "pdt":
		return -7 * 60, true
	case "pst", "akdt":
		return -8 * 60, true
	case "akst":
		return -9 * 60, true
	case "hst":
		return -10 * 60, true
	}
	return 0, false
}
