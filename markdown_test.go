package smk_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var (
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	markdownCode = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")
	heading      = regexp.MustCompile(`(?m)^#{1,6} +(.*)$`)
)

// TestLinks follows every relative link of every page, to the heading.
func TestLinks(t *testing.T) {
	pages := make(map[string]string)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "dist"):
			return filepath.SkipDir
		case !strings.HasSuffix(name, ".md"):
			return nil
		}
		content, err := os.ReadFile(name)
		pages[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	for name, content := range pages {
		for _, m := range markdownLink.FindAllStringSubmatch(markdownCode.ReplaceAllString(content, ""), -1) {
			link := m[1]
			if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
				continue
			}
			followed++
			file, anchor, _ := strings.Cut(link, "#")
			target := filepath.Join(filepath.Dir(name), file)
			if file == "" {
				target = name
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s: no such file", name, link)
				continue
			}
			if anchor == "" {
				continue
			}
			if text, ok := pages[target]; !ok || !anchors(text)[anchor] {
				t.Errorf("%s: %s: no such heading", name, link)
			}
		}
	}
	if len(pages) < 15 || followed < 80 {
		t.Errorf("followed only %d links of %d pages", followed, len(pages))
	}
}

// anchors returns what the headings of a page are linked to by, as GitHub makes it.
func anchors(text string) map[string]bool {
	found := make(map[string]bool)
	code := regexp.MustCompile("(?ms)^```.*?^```$")
	for _, m := range heading.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
		slug := strings.Map(func(r rune) rune {
			switch r = unicode.ToLower(r); {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return r
			}
			return -1
		}, strings.ReplaceAll(m[1], "`", ""))
		for base, n := slug, 1; found[slug]; n++ {
			slug = base + "-" + strconv.Itoa(n)
		}
		found[slug] = true
	}
	return found
}
