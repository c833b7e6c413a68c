package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// orderOfFiles returns what Files returns, relative to dir and with slashes.
func orderOfFiles(t *testing.T, dir, name string, directories ...string) []string {
	t.Helper()
	var full []string
	for _, d := range directories {
		full = append(full, filepath.Join(dir, d))
	}
	paths, err := Reader{full}.Files(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range paths {
		if paths[i], err = filepath.Rel(dir, paths[i]); err != nil {
			t.Fatal(err)
		}
		paths[i] = filepath.ToSlash(paths[i])
	}
	return paths
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		what  string
		files map[string]string
		want  []string
	}{
		{
			"ancestors first; of one name, the later directory first",
			map[string]string{"etc/B.conf": "", "home/A.conf": "", "home/B.conf": "[inherit]\nfrom = A.conf"},
			[]string{"home/A.conf", "home/B.conf", "etc/B.conf"},
		},
		{
			"an ancestor in both directories",
			map[string]string{
				"etc/B.conf": "[inherit]\nfrom=A.conf", "etc/A.conf": "", "home/A.conf": "",
				"home/B.conf": "",
			},
			[]string{"home/A.conf", "etc/A.conf", "home/B.conf", "etc/B.conf"},
		},
		{
			"the earlier directory's word on what is inherited counts",
			map[string]string{
				"etc/B.conf": "[inherit]\nfrom=A.conf", "home/B.conf": "[inherit]\nfrom=gone.conf", "home/A.conf": "",
			},
			[]string{"home/A.conf", "home/B.conf", "etc/B.conf"},
		},
		{
			"grandparents",
			map[string]string{
				"etc/B.conf": "[inherit]\nfrom = A.conf", "home/A.conf": "[inherit]\nfrom: base/Z.conf",
				"etc/base/Z.conf": "",
			},
			[]string{"etc/base/Z.conf", "home/A.conf", "etc/B.conf"},
		},
		{
			"several, and what they share once and first",
			map[string]string{
				"etc/B.conf": "[inherit]\nfrom = C.conf, D.conf", "etc/C.conf": "[inherit]\nfrom=Z.conf",
				"home/D.conf": "[inherit]\nfrom=Z.conf", "etc/Z.conf": "",
			},
			[]string{"etc/Z.conf", "etc/C.conf", "home/D.conf", "etc/B.conf"},
		},
		{
			"a reference",
			map[string]string{"etc/B.conf": "[DEFAULT]\nsite=eu\n[inherit]\nfrom = %(site)s.conf", "home/eu.conf": ""},
			[]string{"home/eu.conf", "etc/B.conf"},
		},
	} {
		dir := files(t, c.files)
		if got := orderOfFiles(t, dir, "B.conf", "etc", "home"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
		if got := orderOfFiles(t, dir, "./B.conf", "etc", "home", "etc"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q with a directory twice, want %q", c.what, got, c.want)
		}
	}
}

// TestLaterWins: a value of a later file of the order wins, and says so.
func TestLaterWins(t *testing.T) {
	dir := files(t, map[string]string{
		"etc/B.conf":  "[s]\nfirst = etc B\n",
		"home/A.conf": "[s]\nfirst = home A\nsecond = home A\nthird = home A\n",
		"home/B.conf": "[inherit]\nfrom = A.conf\n[s]\nfirst = home B\nsecond = home B\n",
	})
	v, err := Reader{[]string{filepath.Join(dir, "etc"), filepath.Join(dir, "home")}}.Read("B.conf")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"first": "etc B", "second": "home B", "third": "home A"} {
		text, origin, _, _ := v.Get("s", key)
		folder, file, _ := strings.Cut(want, " ")
		if text != want || !strings.HasPrefix(origin.String(), filepath.Join(dir, folder, file+".conf")+":") {
			t.Errorf("%s = %q from %v", key, text, origin)
		}
	}
	more := files(t, map[string]string{"more.conf": "[s]\nthird = more\n"})
	if err := (Reader{[]string{more}}).ReadInto("more.conf", v); err != nil {
		t.Fatal(err)
	}
	if text, _, _, _ := v.Get("s", "third"); text != "more" {
		t.Errorf("ReadInto: %q", text)
	}
	if err := (Reader{[]string{more}}).ReadInto("gone.conf", v); err == nil || len(v.Sections()) != 2 {
		t.Errorf("a failed ReadInto: %v, %v", err, v.Sections())
	}
}

func TestInheritErrors(t *testing.T) {
	dir := files(t, map[string]string{
		"a.conf":      "[inherit]\nfrom = b.conf\n",
		"b.conf":      "[x]\n[inherit]\nfrom = ./c.conf\n",
		"c.conf":      "[inherit]\nfrom = a.conf\n",
		"self.conf":   "[inherit]\nfrom = self.conf\n",
		"parent.conf": "[inherit]\nfrom = child.conf\n",
		"child.conf":  "[inherit]\nfrom = gone.conf\n",
		"empty.conf":  "[inherit]\nfrom =\n",
		"comma.conf":  "[inherit]\nfrom = none.conf ,\n",
		"refers.conf": "[DEFAULT]\nbase =\n[inherit]\nfrom = %(base)s\n",
		"plural.conf": "[x]\n\n[inherits]\nfrom = a.conf\n",
		"heir.conf":   "[inherit]\nfrom = plural.conf\n",
		"none.conf":   "",
		"ref.conf":    "[inherit]\nfrom = %(x)s\n",
	})
	read := func(name string) error {
		_, err := Reader{[]string{dir}}.Read(name)
		return err
	}
	for _, c := range []struct {
		name  string
		err   error
		chain []string
		line  string
	}{
		{"a.conf", ErrCycle, []string{"a.conf", "b.conf", "c.conf", "a.conf"}, "c.conf:2"},
		{"b.conf", ErrCycle, []string{"b.conf", "c.conf", "a.conf", "b.conf"}, "a.conf:2"},
		{"self.conf", ErrCycle, []string{"self.conf", "self.conf"}, "self.conf:2"},
		{"parent.conf", ErrMissing, []string{"parent.conf", "child.conf", "gone.conf"}, "child.conf:2"},
		{"gone.conf", ErrMissing, []string{"gone.conf"}, ""},
		{"empty.conf", ErrEmpty, []string{"empty.conf", ""}, "empty.conf:2"},
		{"comma.conf", ErrEmpty, []string{"comma.conf", ""}, "comma.conf:2"},
		{"refers.conf", ErrEmpty, []string{"refers.conf", ""}, "refers.conf:4"},
	} {
		err := read(c.name)
		want(t, err, c.err, append(c.chain, c.line)...)
		var e *InheritError
		if !errors.As(err, &e) || !slices.Equal(e.Chain, c.chain) {
			t.Errorf("%s: %#v", c.name, e)
		}
	}
	want(t, read("gone.conf"), ErrMissing, dir)
	for _, name := range []string{"plural.conf", "heir.conf"} {
		want(t, read(name), ErrInherits, "plural.conf:3: [inherits]", "[inherit]")
	}
	want(t, read("ref.conf"), ErrReference, "ref.conf:2: inherit.from")
	if _, err := Load("plural.conf", Options{Directories: []string{dir}, Own: []string{"inherits"}}); !errors.Is(err,
		ErrInherits) {
		t.Errorf("[inherits] as a section of the bot's: %v", err)
	}
}

// TestNotFiles: what has the name of a file and is none, in whichever directory, is not
// passed over for a file that says something else.
func TestNotFiles(t *testing.T) {
	dir := files(t, map[string]string{
		"etc/folder.conf/x": "", "home/folder.conf": "", "home/link.conf": "", "home/good.conf": "[s]\nk = v\n",
		"home/heir.conf": "[inherit]\nfrom = folder.conf\n",
	})
	etc, home := filepath.Join(dir, "etc"), filepath.Join(dir, "home")
	for name, target := range map[string]string{"link.conf": "nowhere", "good.conf": filepath.Join(home, "good.conf")} {
		if err := os.Symlink(target, filepath.Join(etc, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		err  error
		path string
		line string
	}{
		{"folder.conf", ErrNotFile, "folder.conf", ""},
		{"heir.conf", ErrNotFile, "folder.conf", "heir.conf:2"},
		{"link.conf", fs.ErrNotExist, "link.conf", ""},
	} {
		for _, directories := range [][]string{{etc, home}, {home, etc}} {
			_, err := Reader{directories}.Read(c.name)
			want(t, err, c.err, filepath.Join(etc, c.path), c.line)
			var e *InheritError
			if !errors.As(err, &e) || e.Chain[0] != c.name {
				t.Errorf("%s: %#v", c.name, err)
			}
		}
	}
	if v, err := (Reader{[]string{etc, home}}).Read("good.conf"); err != nil || len(v.Sections()) != 1 {
		t.Errorf("a link to a file: %v", err)
	}
}

func TestReaderLimits(t *testing.T) {
	many := map[string]string{"wide.conf": "[inherit]\nfrom = w0.conf"}
	for i := range FilesMax {
		many[fmt.Sprintf("w%d.conf", i)] = ""
		if i > 0 {
			many["wide.conf"] += fmt.Sprintf(",w%d.conf", i)
		}
	}
	for i := range ChainMax {
		many[fmt.Sprintf("deep%d.conf", i)] = fmt.Sprintf("[inherit]\nfrom = deep%d.conf", i+1)
	}
	many[fmt.Sprintf("deep%d.conf", ChainMax)] = ""
	many["big.conf"] = strings.Repeat("#", FileBytesMax+1)
	many["most.conf"] = strings.Repeat("#", FileBytesMax)
	dir := files(t, many)
	r := Reader{[]string{dir}}
	for name, want := range map[string]error{
		"wide.conf": ErrTooMany, "deep0.conf": ErrTooMany, "deep1.conf": nil, "big.conf": ErrTooLarge, "most.conf": nil,
	} {
		if _, err := r.Read(name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// TestPlaces: no directories means the current one, and a whole path means itself.
func TestPlaces(t *testing.T) {
	dir := files(t, map[string]string{"a.conf": "[s]\nk = 1\n"})
	t.Chdir(dir)
	for _, name := range []string{"a.conf", filepath.Join(dir, "a.conf")} {
		if got, err := (Reader{}).Files(name); err != nil || len(got) != 1 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := (Reader{[]string{"x", "y"}}).Files(filepath.Join(dir, "a.conf")); err != nil || len(got) != 1 {
		t.Errorf("a whole path in two directories: %q, %v", got, err)
	}
	if os.Geteuid() != 0 {
		if err := os.Chmod(filepath.Join(dir, "a.conf"), 0); err != nil {
			t.Fatal(err)
		}
		_, err := Reader{}.Read("a.conf")
		want(t, err, os.ErrPermission, "a.conf")
	}
}
