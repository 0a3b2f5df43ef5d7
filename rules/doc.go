// Package rules turns items into hits: it loads and checks the rule file, and
// says of an item which rules it meets, where, and why.
//
// It stands between feeds and stories and knows neither. A compiled Ruleset is
// pure: it reads no clock, no network and no database, and never changes.
//
// The way of an item: its fields are cut into tokens (token_run.go finds plain
// words many at a time, token_piece.go reads what else is common, token_step.go and
// token_word.go say what all texts mean), which are hashes of folded words
// (normal.go); sieves of bits tell where a term may begin (match_sieve.go); there,
// words and what may stand for them become symbols that a trie walks
// (match_scan.go); hits of terms become mentions of entities (match_entity.go;
// match_person.go tells namesakes apart), then hits of topics, then rules are asked
// (match_cond.go), but only those that own a hit. Sentences and paragraphs are read
// when they are asked for (token_layout.go). An item without a hit costs no
// allocation. docs/adr/0009 tells why it is built so.
package rules
