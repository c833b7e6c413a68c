package marks

// Elsewhere are the marks that no day of the proof can reach, with the test that does: the package's folder, and the
// test's name.
var Elsewhere = map[Mark]string{}
