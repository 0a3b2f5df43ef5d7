package rules

// Given names: between commas, one name in all its spellings and national forms.
// A surname after another person's given name is that person's. Names that are
// ordinary words, countries or towns too (Will, May, Grace, Jordan, Sofia, Вера)
// are left out: "Will Odintsov come?" is about Odintsov. So are those that headlines
// use alone, before another's surname.

const mensNames = `
Vladimir Volodymyr Wladimir Wolodymyr Volodimir Volodymir Uladzimir Владимир Володимир Volodimyr,
Igor Ihor Игорь Ігор, Yuri Yury Yuriy Yurii Iouri Juri Jurij Jury Юрий Юрій Yurij Youri Iurii Iuri,
Kirill Kyrill Kiril Kyrylo Cyril Кирилл Кирило Cyrill Kyryl, Dmitry Dmitri Dmitriy Dmitrii Dmitrij
Dmytro Dimitri Dimitry Dimitrij Дмитрий Дмитро Dmytri, Sergei Sergey Sergej Serguei Serhii Serhiy
Siarhei Сергей Сергій Serguey Sergiy Sergii Serhij Serge, Alexander Aleksandr Alexandr Oleksandr
Aleksander Alessandro Alejandro Alexandre Александр Олександр, Alexei Alexey Aleksei Aleksey Oleksii
Oleksiy Alexej Алексей Олексій, Andrei Andrey Andrii Andriy Andrej Andrew Андрей Андрій, Mikhail
Mykhailo Mykhaylo Michail Michael Mikhael Михаил Михайло Майкл, Nikolai Nikolay Nikolaj Mykola
Nicholas Nicolas Nikolas Николай Микола Nick Ник, Ivan Іван Иван, Pyotr Petr Petro Peter Piotr
Pierre Pedro Pietro Пётр Петро Питер, Pavel Pavlo Paul Pablo Paolo Павел Павло, Boris Borys Борис,
Viktor Victor Viktar Виктор Віктор, Vitaly Vitali Vitaliy Vitalii Vitalij Виталий Віталій, Vasily
Vasili Vasiliy Vasyl Basil Василий Василь, Valery Valeri Valeriy Valerii Valerij Валерий Валерій,
Valentin Валентин, Vyacheslav Viacheslav Вячеслав, Vladislav Vladyslav Wladyslaw Владислав, Yaroslav
Iaroslav Jaroslav Jarosław Ярослав, Stanislav Stanislaw Станислав Станіслав, Svyatoslav Sviatoslav
Святослав, Rostislav Rostyslav Ростислав, Bohdan Bogdan Богдан, Anatoly Anatoli Anatoliy Anatolii
Анатолий Анатолій, Arkady Arkadi Arkadiy Аркадий Аркадій, Gennady Gennadi Gennadiy Hennadii Геннадий
Геннадій, Georgy Georgi Georgiy Heorhii George Jorge Giorgi Georges Георгий Георгій Джордж, Grigory
Grigori Grigoriy Hryhorii Hryhoriy Gregory Григорий Григорій, Evgeny Yevgeny Evgeni Yevgeni Evgeniy
Yevhen Yevhenii Eugene Eugen Евгений Євген Євгеній Ievgen Jewgeni, Konstantin Kostyantyn Kostiantyn
Constantine Константин Костянтин, Leonid Леонид Леонід, Maxim Maksim Maksym Максим Max Макс, Oleg
Oleh Олег, Roman, Ruslan Руслан, Ramzan Рамзан, Semyon Semen Simon Семён Семен, Stepan Степан,
Stephen Steven Steve Stefan Стивен Стив Стів, Taras Тарас, Timofey Timofei Тимофей, Timur Тимур,
Fyodor Fedor Fiodor Fedir Theodore Фёдор Федір, Denis Denys Dennis Денис, Daniil Danylo Daniel
Даниил Данило Дэниел, Artem Artyom Артём Артем, Anton Антон, Arseniy Arseny Arsenii Arseni Арсений
Арсеній, Arsen Арсен, Vadim Vadym Вадим, Gleb Hlib Глеб Гліб, Ilya Ilia Illia Илья Ілля, Lev Leo
Leon Leonard Лев, Matvei Matvey Matvii Matthew Matthias Матвей Матвій Мэтью Matt Мэтт, Nikita Mykyta
Никита Микита, Egor Yegor Yehor Егор Єгор, Eduard Edward Эдуард Едуард, Ernest Эрнест, Rinat Rynat
Ринат Рінат Renat Ренат, Rustem Rustam Рустем Рустам, Zakhar Захар, Tikhon Тихон, Platon Платон,
Miron Myron Мирон, Makar Макар, Nazar Назар, Ostap Остап, Orest Орест, Demyan Demian Дем’ян Демьян,
Aaron Аарон, Abdullah Abdulla Абдулла, Abraham Авраам, Adam Адам, Adolf, Adrian Адриан, Ahmed Ahmad
Ахмед, Aidan Aiden, Alan Allan Allen Алан, Albert Альберт, Alberto, Alfred Альфред, Ali Али,
Andreas, Anthony Antony Antonio Энтони, Arnold Арнольд, Arthur Artur Артур, Barack Барак, Barron
Баррон, Barry Барри, Ben Benjamin Бен Бенджамин Биньямин, Bernard Bernhard Бернард, Billy Билли, Bob
Боб, Brad Bradley Брэд, Brandon, Brett, Brian Bryan Брайан, Bruce Брюс, Caleb, Calvin, Carl Karl
Карл, Carlos Карлос, Charles Чарльз, Clifford, Colin, Connor Conor, Craig Крейг, Curtis, Damian,
Dan, Danny, Darren, Darryl, Dave David Davyd Дэвид Давид, Derek, Diego, Donald Дональд, Doug Douglas
Дуглас, Dylan, Elias, Elijah, Elliot Elliott, Emil, Emmanuel Emanuel Эмманюэль Еммануель, Enrique,
Eric Erik Эрик, Ethan, Felix, Fernando, Fred Frederick Friedrich Frederic Фредерик Фридрих, Gareth,
Gary Гэри, Gavin, Geoffrey Jeffrey Jeff Джефф Джеффри, Gerald Gerard Gerhard Джеральд, Gordon,
Graham, Greg, Guillermo, Gustav Gustavo, Hans, Harold, Harry Гарри, Harvey, Hassan Хасан, Hector,
Heinrich Генрих, Henry Henri Генри, Herbert, Herman Hermann Герман, Howard, Hugh Hugo, Hunter
Хантер, Ian, Ibrahim Ибрагим, Isaac, Jack Джек, Jackson, Jacob Jakob Jakub Yakov Yakiv Яков Яків,
Jacques, Jake, Jamal, James Джеймс, Jared Джаред, Jason Джейсон, Javier, Jeremy, Jerome, Jerry, Jim
Jimmy Джим, Joe Джо, Joel, Johann Johannes, John Jon Джон, Johnny, Jonathan, Jose José, Joseph Josef
Иосиф Джозеф Iosif Yosyp Йосип, Joshua Josh, Juan, Julian Julien Джулиан, Jürgen Jurgen, Justin,
Keith Кит Кіт, Ken Kenneth Кеннет, Kevin Кевин, Klaus, Kurt Курт, Kyle, Larry Ларри, Leopold, Liam,
Lucas Lukas Luke Luca, Ludwig Людвиг, Luigi, Malcolm, Manfred, Manuel, Marcel, Marco Marko Марко,
Marcus Markus, Mario, Martin Мартин, Marvin, Mateusz Mateo, Maurice, Melvin, Miguel, Mike Майк,
Milton, Mitch Mitchell Митч, Mohammed Muhammad Mohamed Mohammad Мухаммед, Moritz, Mustafa Мустафа,
Nathan Nathaniel, Neil Neal, Nelson, Niels Nils Нильс, Noah, Norman, Olaf Олаф, Oliver Olivier
Оливер, Omar, Oscar Oskar, Otto Отто, Owen, Patrick Патрик, Pete Пит, Philip Phillip Philippe Felipe
Филипп Filip Filipp Філіп, Rafael Raphael, Ralph, Ramon, Randy, Raymond, Reginald, Ricardo,
Riccardo, Richard Ричард, Rick, Robert Роберт, Roberto, Rodney, Roger, Roland, Rolf, Ron Ronald
Рональд, Ross, Roy, Rudolf Рудольф, Rudy, Rupert, Russell, Ryan Райан, Salvador, Scott Скотт, Sean
Shaun Shawn, Sebastian Себастьян, Silvio Сильвио, Solomon, Spencer, Stuart Stewart, Sven, Ted,
Theodor, Thomas Tomas Tomasz Томас, Tim Timothy Тим Тимоти, Todd, Tom Том, Tommy, Tony Тони, Travis,
Trevor, Tyler, Ulrich, Uwe, Vernon, Vincent Винсент, Volker, Walter Вальтер, Warren, Wayne, Werner,
Wesley, Wilhelm Вильгельм, William Уильям, Wolfgang, Xavier, Zachary Zach Zack Закари Зак, Vsevolod
Всеволод, Veniamin Вениамин, Marat Марат, Ildar Ильдар, Shamil Шамиль, Magomed Магомед, Murat Мурат,
Efim Yefim Ефим, Rodion Родион, Savely Савелий, Innokenty Иннокентий, Myroslav Miroslav Мирослав,
Tymofiy Тимофій, Judd Джадд, Seth, Wyatt, Zakaria, Dwight, Evan, Marc, Mathew, Nigel, Quentin,
Ramsey, Rashid Рашид, Vince, Vito, Yusuf Юсуф, Aslan Аслан, Emin, Tarik Tariq, Khalid Халид, Mahmoud
Махмуд, Hussein Хусейн, Faisal, Tamerlan, Frank Фрэнк, Марк, Билл, Уилл, Джастин, Willie, Afanasy
Афанасий, Bronislav Bronisław Бронислав, Gavriil Гавриил, Gerasim Герасим, Ignat Игнат, Innokentiy
Innokenti, Kuzma Кузьма, Mitrofan Митрофан, Nikifor Никифор, Panteleimon Пантелеймон, Serafim
Серафим, Trofim Трофим, Valerian Валериан, Vikenty Викентий, Vissarion Виссарион, Vlas Влас, Yulian
Юлиан, Zinovy Zinoviy Зиновий Зіновій, Levko Левко, Liubomyr Lubomyr Любомир, Andrzej, Krzysztof,
Jerzy, Wojciech, Zbigniew, Marek, Michał, Marcin, Radosław Radoslav Радослав, Lech, Bartosz,
Grzegorz, Heiko, Lars, Jens, Dieter, Günther Günter Gunther Gunter, Rainer, Jörg, Thorsten, Bernd,
Helmut, Horst, Gerd, Siegfried, Ralf, Tobias, Florian, Fabian, Jean-Claude, Jean-Luc, François
Francisco, Gérard, Michel, Laurent, Guillaume, Sébastien, Jérôme, Benoît, Gilles, Luc, Mathieu,
Antoine, Bruno Бруно, Cédric, Didier, Fabrice, Frédéric, Pascal, Rémi, Romain, Stéphane, Sylvain,
Thierry, Yves, Ramón, Sergio, Álvaro, Joaquín, Andrés, Giuseppe Джузеппе, Giovanni Джованни, Matteo
Маттео, Massimo, Stefano, Enrico, Giancarlo, Recep Реджеп, Mehmet Мехмет, Ahmet Ахмет, Hakan Хакан,
Emre, Kemal Кемаль, Ömer, Bilal Билал, Yousef Youssef, Bashar Башар, Yair Яир, Naftali Нафтали,
Gideon Гидеон, Avigdor Авигдор, Ehud Эхуд, Shimon Шимон, Moshe Моше, Yoav, Eli, Itamar, Bezalel,
Péter, Zoltán Zoltan Золтан, István Istvan Иштван, László Laszlo Ласло, Ferenc Ференц, Gábor Gabor,
Miloš Milos Милош, Karel, Jiří, Tomáš, Aleksandar Александар, Ivica, Milorad Милорад, Zoran Зоран,
Bojan Боян, Dragan Драган, Goran Горан, Slobodan Слободан, Nikola Никола, Rumen Румен, Feodor,
Mikhailo
`

const womensNames = `
Anna Hanna Anne Anya Анна Ганна, Anastasia Anastasiya Anastasiia Анастасия Анастасія, Alexandra
Aleksandra Oleksandra Sandra Александра Олександра, Alina Алина Аліна, Daria Darya Дарья Дарія,
Diana Диана Діана, Ekaterina Yekaterina Kateryna Katerina Catherine Katherine Katarina Екатерина
Катерина, Elena Yelena Olena Helena Helen Hélène Елена Олена, Elizaveta Yelyzaveta Elizabeth
Elisabeth Елизавета Єлизавета, Galina Halyna Галина, Inna Инна Інна, Irina Iryna Irene Ирина Ірина,
Ksenia Kseniya Xenia Ксения Ксенія, Larisa Larysa Лариса, Lyudmila Lyudmyla Liudmyla Ludmila
Людмила, Maria Mariia Mariya Marie Mary Мария Марія Мэри, Marina Maryna Марина, Maryam Miriam
Мириам, Margarita Margaryta Margaret Маргарита, Natalia Natalya Nataliia Nataliya Natalie Nathalie
Наталья Наталия Наталія, Nina Нина Ніна, Oksana Оксана, Olga Olha Ольга, Polina Полина Поліна,
Svetlana Svitlana Светлана Світлана, Tamara Тамара, Tatiana Tatyana Tetiana Tetyana Татьяна Тетяна,
Ulyana Uliana Ульяна Уляна, Valentina Valentyna Валентина, Viktoria Viktoriya Viktoriia Виктория
Вікторія, Yana Jana Яна, Yulia Yuliya Yuliia Julia Julie Iuliia Юлия Юлія Джулия, Zhanna Жанна, Zoya
Зоя, Agnes, Alice Алиса, Alicia, Allison Alison, Amanda, Amber, Amelia, Amy Эми, Angela Ангела,
Angelina Анджелина, Anita, Ann, Annette, Audrey, Barbara Барбара, Beatrice, Beth, Betty, Beverly,
Brenda, Bridget Brigitte, Camilla, Carla, Carmen, Carol Caroline Carolyn Кэролайн, Cecilia, Cheryl,
Christina Kristina Кристина, Christine Kristin Кристин, Cindy, Claire Clara, Claudia Клаудия,
Crystal, Cynthia, Danielle, Dawn, Deborah Debra, Diane, Donna, Dora, Doris, Dorothy, Eleanor, Elise,
Ella, Ellen, Elsa, Emily Эмили, Emma Эмма, Erica Erika, Erin, Esther, Eva Evelyn Ева, Fiona, Gina,
Gloria, Greta Грета, Hannah, Heather, Heidi, Inga, Ingrid, Isabel Isabella Isabelle, Ivana Ивана,
Ivanka Иванка Іванка, Jane Джейн, Janet, Janice, Jasmine, Jeanne, Jennifer Jenny Дженнифер, Jessica
Джессика, Jill Джилл, Joan, Joanna Johanna, Judith, Judy, Karin Karina, Karolina, Kate Кейт,
Kathleen Kathryn, Kathy, Katie, Kellyanne, Lara Лара, Laura Лаура, Lauren, Leah, Lena, Lillian,
Lily, Linda Линда, Lisa, Lois, Lucia Lucy, Lydia, Lynn, Madeleine, Magdalena, Maria-Theresa,
Marjorie, Marlene, Martha, Martina, Maryana Мар’яна Марьяна, Megan Meghan Меган, Melania Мелания
Меланія Меланья, Melanie, Melissa, Michelle Мишель, Mildred, Molly, Monica Monika, Nadia Nadezhda
Nadiia, Nancy Нэнси, Naomi, Natasha, Nora, Olivia, Pamela, Patricia Patrizia, Paula, Paulina,
Pauline, Peggy, Penelope, Phyllis, Priscilla, Rachel, Rebecca, Renee René, Rita, Roberta, Rosa,
Rosemary, Ruth, Sabrina, Samantha, Sara Sarah Сара, Sharon Шэрон, Shirley, Silvia Sylvia, Sophia
Sophie Софья, Sonia Sonya, Stella, Susan Susanne Suzanne Сьюзан, Tanya, Tara, Teresa Theresa Тереза,
Thelma, Tiffany Тиффани, Tina, Tulsi Тулси, Ursula Урсула, Vanessa, Vera, Verena, Veronica Veronika
Вероника, Virginie, Wendy, Yasmin, Yvonne, Zeynep, Maryanne Marianne Марианна, Alla Алла, Albina
Альбина, Antonina Антонина Антоніна, Evgenia Yevgenia Yevheniia Евгения Євгенія, Kira Кира, Lidia
Lidiya Лидия Лідія, Lilia Liliya Лилия Лілія, Raisa Раиса Раїса, Rimma Римма, Snezhana Снежана,
Taisia Таисия, Valeria Valeriya Valeriia Валерия Валерія, Varvara Варвара, Zinaida Зинаида Зінаїда,
Anzhelika Анжелика, Ruslana Руслана, Myroslava Мирослава, Abigail, Celine, Denise, Elaine, Estelle,
Eugenia, Frances, Gertrud, Gretchen, Hilda, Jacqueline, Jocelyn, Josephine, Juliet Juliette,
Kimberly, Kirsten, Liz, Lorraine, Lucille, Mabel, Marilyn, Maureen, Meredith, Miranda, Nicole
Николь, Norma, Roxanne, Sally, Sylvie, Trudy, Usha Уша, Stephanie Стефани, Joyce, Brittany, Kayla,
Lori, Alevtina Алевтина, Eleonora Элеонора, Emilia Эмилия, Evdokia Евдокия, Alyona Alena Olyona
Алёна Альона, Agata, Aglaya Аглая, Nelli Nelly Нелли, Olesya Олеся, Renata Рената, Sofya, Stefania
Стефания Стефанія, Vasilisa Василиса, Vlada Влада, Yaroslava Ярослава, Zlata Злата, Lesya Lesia
Леся, Orysia Орися, Bohdana Богдана, Solomiia Solomiya Соломія, Zoriana Zoryana Зоряна, Agnieszka,
Małgorzata, Katarzyna, Ewa, Beata, Zofia, Annalena Анналена, Annegret, Sigrid, Silke, Katja, Anja,
Birgit, Sabine, Petra, Renate, Aurélie, Céline, Chantal, Élodie, Françoise, Sandrine, Valérie,
Véronique, Cristina, Dolores, Giorgia Джорджа, Alessandra, Chiara, Francesca, Paola, Fatma, Ayşe,
Fatima Фатима, Aisha Аиша, Layla Leila Лейла, Tzipi Ципи, Judit, Zuzana Зузана, Winifred
`

// eitherNames are given to both; their bearers are told by no title.
const eitherNames = `
Andrea, Ashley, Bobby, Cameron, Charlie, Chris Christopher Крис Кристофер, Claude, Corey, Dominic
Dominique Dominik, Gabriel Gabriela Gabrielle, Glenn Glen, Jackie, Jamie, Jay, Jean, Jesse, Kai Kaja
Кая, Karen Карен, Kelly Келли, Laurence Lawrence Lorenzo Лоуренс, Leslie, Lindsey Lindsay Линдси,
Logan, Louis Luis Louise Луи, Marian, Marion, Morgan, Robin, Ronnie, Samuel Sam Сэм Сэмюэл, Shannon,
Stacy, Terry, Toni, Tracy, Vivian Vivek, Alex Sasha Алекс Саша
`
