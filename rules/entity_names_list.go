package rules

// nameGroups lists given names, one name in all its spellings and national
// forms a line. A surname after another person's given name is that person's.
// Names that are ordinary words too (Will, May, Grace, Вера) are left out: "Will
// Putin come?" is about Putin.
const nameGroups = `
Vladimir Volodymyr Wladimir Wolodymyr Volodimir Uladzimir Vladimír Владимир Володимир
Igor Ihor Igors Игорь Ігор
`
