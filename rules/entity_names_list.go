package rules

// nameGroups lists given names, one name in all its spellings and national
// forms a line. A surname after another person's given name is that person's.
// Names that are ordinary words, countries or towns too (Will, May, Grace,
// Jordan, Sofia, Вера) are left out: "Will Putin come?" is about Putin. So are
// those that headlines use alone, before another's surname.
const nameGroups = `
Vladimir Volodymyr Wladimir Wolodymyr Volodimir Volodymir Uladzimir Владимир Володимир
Igor Ihor Игорь Ігор
Yuri Yury Yuriy Yurii Iouri Juri Jurij Jury Юрий Юрій
Kirill Kyrill Kiril Kyrylo Cyril Кирилл Кирило
Dmitry Dmitri Dmitriy Dmitrii Dmitrij Dmytro Dimitri Dimitry Dimitrij Дмитрий Дмитро
Sergei Sergey Sergej Serguei Serhii Serhiy Siarhei Сергей Сергій
Alexander Aleksandr Alexandr Oleksandr Aleksander Alessandro Alejandro Alexandre Александр Олександр
Alexei Alexey Aleksei Aleksey Oleksii Oleksiy Alexej Алексей Олексій
Andrei Andrey Andrii Andriy Andrej Andrew Андрей Андрій
Mikhail Mykhailo Mykhaylo Michail Michael Mikhael Михаил Михайло Майкл
Nikolai Nikolay Nikolaj Mykola Nicholas Nicolas Nikolas Николай Микола
Ivan Іван Иван
Pyotr Petr Petro Peter Piotr Pierre Pedro Pietro Пётр Петро Питер
Pavel Pavlo Paul Pablo Paolo Павел Павло
Boris Borys Борис
Viktor Victor Viktar Виктор Віктор
Vitaly Vitali Vitaliy Vitalii Vitalij Виталий Віталій
Vasily Vasili Vasiliy Vasyl Basil Василий Василь
Valery Valeri Valeriy Valerii Valerij Валерий Валерій
Valentin Валентин
Vyacheslav Viacheslav Вячеслав
Vladislav Vladyslav Wladyslaw Владислав
Yaroslav Iaroslav Jaroslav Jarosław Ярослав
Stanislav Stanislaw Станислав Станіслав
Svyatoslav Sviatoslav Святослав
Rostislav Rostyslav Ростислав
Bohdan Bogdan Богдан
Anatoly Anatoli Anatoliy Anatolii Анатолий Анатолій
Arkady Arkadi Arkadiy Аркадий Аркадій
Gennady Gennadi Gennadiy Hennadii Геннадий Геннадій
Georgy Georgi Georgiy Heorhii George Jorge Giorgi Georges Георгий Георгій Джордж
Grigory Grigori Grigoriy Hryhorii Hryhoriy Gregory Григорий Григорій
Evgeny Yevgeny Evgeni Yevgeni Evgeniy Yevhen Yevhenii Eugene Eugen Евгений Євген Євгеній
Konstantin Kostyantyn Kostiantyn Constantine Константин Костянтин
Leonid Леонид Леонід
Maxim Maksim Maksym Максим
Oleg Oleh Олег
Roman
Ruslan Руслан
Ramzan Рамзан
Semyon Semen Simon Семён Семен
Stepan Степан
Stephen Steven Steve Stefan Стивен Стив Стів
Taras Тарас
Timofey Timofei Тимофей
Timur Тимур
Fyodor Fedor Fiodor Fedir Theodore Фёдор Федір
Denis Denys Dennis Денис
Daniil Danylo Daniel Даниил Данило Дэниел
Artem Artyom Артём Артем
Anton Антон
Arseniy Arseny Arsenii Arseni Арсений Арсеній
Arsen Арсен
Vadim Vadym Вадим
Gleb Hlib Глеб Гліб
Ilya Ilia Illia Илья Ілля
Lev Leo Leon Leonard Лев
Matvei Matvey Matvii Matthew Matthias Матвей Матвій Мэтью
Nikita Mykyta Никита Микита
Egor Yegor Yehor Егор Єгор
Eduard Edward Эдуард Едуард
Ernest Эрнест
Rinat Rynat Ринат Рінат
Rustem Rustam Рустем Рустам
Zakhar Захар
Tikhon Тихон
Platon Платон
Miron Myron Мирон
Makar Макар
Nazar Назар
Ostap Остап
Orest Орест
Demyan Demian Дем’ян Демьян
Anna Hanna Anne Anya Анна Ганна
Anastasia Anastasiya Anastasiia Анастасия Анастасія
Alexandra Aleksandra Oleksandra Sandra Александра Олександра
Alina Алина Аліна
Daria Darya Дарья Дарія
Diana Диана Діана
Ekaterina Yekaterina Kateryna Katerina Catherine Katherine Katarina Екатерина Катерина
Elena Yelena Olena Helena Helen Hélène Елена Олена
Elizaveta Yelyzaveta Elizabeth Elisabeth Елизавета Єлизавета
Galina Halyna Галина
Inna Инна Інна
Irina Iryna Irene Ирина Ірина
Ksenia Kseniya Xenia Ксения Ксенія
Larisa Larysa Лариса
Lyudmila Lyudmyla Liudmyla Ludmila Людмила
Maria Mariia Mariya Marie Mary Мария Марія Мэри
Marina Maryna Марина
Maryam Miriam Мириам
Margarita Margaryta Margaret Маргарита
Natalia Natalya Nataliia Nataliya Natalie Nathalie Наталья Наталия Наталія
Nina Нина Ніна
Oksana Оксана
Olga Olha Ольга
Polina Полина Поліна
Svetlana Svitlana Светлана Світлана
Tamara Тамара
Tatiana Tatyana Tetiana Tetyana Татьяна Тетяна
Ulyana Uliana Ульяна Уляна
Valentina Valentyna Валентина
Viktoria Viktoriya Viktoriia Виктория Вікторія
Yana Jana Яна
Yulia Yuliya Yuliia Julia Julie Iuliia Юлия Юлія Джулия
Zhanna Жанна
Zoya Зоя
Aaron Аарон
Abdullah Abdulla Абдулла
Abraham Авраам
Adam Адам
Adolf
Adrian Адриан
Agnes
Ahmed Ahmad Ахмед
Aidan Aiden
Alan Allan Allen Алан
Albert Альберт
Alberto
Alfred Альфред
Ali Али
Alice Алиса
Alicia
Allison Alison
Amanda
Amber
Amelia
Amy Эми
Andrea
Andreas
Angela Ангела
Angelina Анджелина
Anita
Ann
Annette
Anthony Antony Antonio Энтони
Arnold Арнольд
Arthur Artur Артур
Ashley
Audrey
Barack Барак
Barbara Барбара
Barron Баррон
Barry Барри
Beatrice
Ben Benjamin Бен Бенджамин Биньямин
Bernard Bernhard Бернард
Beth
Betty
Beverly
Billy Билли
Bob Боб
Bobby
Brad Bradley Брэд
Brandon
Brenda
Brett
Brian Bryan Брайан
Bridget Brigitte
Bruce Брюс
Caleb
Calvin
Cameron
Camilla
Carl Karl Карл
Carla
Carlos Карлос
Carmen
Carol Caroline Carolyn Кэролайн
Cecilia
Charles Чарльз
Charlie
Cheryl
Chris Christopher Крис Кристофер
Christina Kristina Кристина
Christine Kristin Кристин
Cindy
Claire Clara
Claude
Claudia Клаудия
Clifford
Colin
Connor Conor
Corey
Craig Крейг
Crystal
Curtis
Cynthia
Damian
Dan
Danielle
Danny
Darren
Darryl
Dave David Davyd Дэвид Давид
Dawn
Deborah Debra
Derek
Diane
Diego
Dominic Dominique Dominik
Donald Дональд
Donna
Dora
Doris
Dorothy
Doug Douglas Дуглас
Dylan
Eleanor
Elias
Elijah
Elise
Ella
Ellen
Elliot Elliott
Elsa
Emil
Emily Эмили
Emma Эмма
Emmanuel Emanuel Эмманюэль Еммануель
Enrique
Eric Erik Эрик
Erica Erika
Erin
Esther
Ethan
Eva Evelyn Ева
Felix
Fernando
Fiona
Fred Frederick Friedrich Frederic Фредерик Фридрих
Gabriel Gabriela Gabrielle
Gareth
Gary Гэри
Gavin
Geoffrey Jeffrey Jeff Джефф Джеффри
Gerald Gerard Gerhard Джеральд
Gina
Glenn Glen
Gloria
Gordon
Graham
Greg
Greta Грета
Guillermo
Gustav Gustavo
Hannah
Hans
Harold
Harry Гарри
Harvey
Hassan Хасан
Heather
Hector
Heinrich Генрих
Heidi
Henry Henri Генри
Herbert
Herman Hermann Герман
Howard
Hugh Hugo
Hunter Хантер
Ian
Ibrahim Ибрагим
Inga
Ingrid
Isaac
Isabel Isabella Isabelle
Ivana Ивана
Ivanka Иванка Іванка
Jack Джек
Jackie
Jackson
Jacob Jakob Jakub
Jacques
Jake
Jamal
James Джеймс
Jamie
Jane Джейн
Janet
Janice
Jared Джаред
Jasmine
Jason Джейсон
Javier
Jay
Jean
Jeanne
Jennifer Jenny Дженнифер
Jeremy
Jerome
Jerry
Jesse
Jessica Джессика
Jill Джилл
Jim Jimmy Джим
Joan
Joanna Johanna
Joe Джо
Joel
Johann Johannes
John Jon Джон
Johnny
Jonathan
Jose José
Joseph Josef Иосиф Джозеф
Joshua Josh
Juan
Judith
Judy
Julian Julien Джулиан
Jürgen Jurgen
Justin
Kai Kaja Кая
Karen Карен
Karin Karina
Karolina
Kate Кейт
Kathleen Kathryn
Kathy
Katie
Keith Кит Кіт
Kelly Келли
Kellyanne
Ken Kenneth Кеннет
Kevin Кевин
Klaus
Kurt Курт
Kyle
Lara Лара
Larry Ларри
Laura Лаура
Lauren
Laurence Lawrence Lorenzo Лоуренс
Leah
Lena
Leopold
Leslie
Liam
Lillian
Lily
Linda Линда
Lindsey Lindsay Линдси
Lisa
Logan
Lois
Louis Luis Louise Луи
Lucas Lukas Luke Luca
Lucia Lucy
Ludwig Людвиг
Luigi
Lydia
Lynn
Madeleine
Magdalena
Malcolm
Manfred
Manuel
Marcel
Marco Marko Марко
Marcus Markus
Maria-Theresa
Marian
Mario
Marion
Marjorie
Marlene
Martha
Martin Мартин
Martina
Marvin
Maryana Мар’яна Марьяна
Mateusz Mateo
Maurice
Megan Meghan Меган
Melania Мелания Меланія
Melanie
Melissa
Melvin
Michelle Мишель
Miguel
Mike Майк
Mildred
Milton
Mitch Mitchell Митч
Mohammed Muhammad Mohamed Mohammad Мухаммед
Molly
Monica Monika
Moritz
Morgan
Mustafa Мустафа
Nadia Nadezhda Nadiia
Nancy Нэнси
Naomi
Natasha
Nathan Nathaniel
Neil Neal
Nelson
Niels Nils Нильс
Noah
Nora
Norman
Olaf Олаф
Oliver Olivier Оливер
Olivia
Omar
Oscar Oskar
Otto Отто
Owen
Pamela
Patricia Patrizia
Patrick Патрик
Paula
Paulina
Pauline
Peggy
Penelope
Pete Пит
Philip Phillip Philippe Felipe Филипп
Phyllis
Priscilla
Rachel
Rafael Raphael
Ralph
Ramon
Randy
Raymond
Rebecca
Reginald
Renee René
Ricardo
Riccardo
Richard Ричард
Rick
Rita
Robert Роберт
Roberta
Roberto
Robin
Rodney
Roger
Roland
Rolf
Ron Ronald Рональд
Ronnie
Rosa
Rosemary
Ross
Roy
Rudolf Рудольф
Rudy
Rupert
Russell
Ruth
Ryan Райан
Sabrina
Salvador
Samantha
Samuel Sam Сэм Сэмюэл
Sara Sarah Сара
Scott Скотт
Sean Shaun Shawn
Sebastian Себастьян
Shannon
Sharon Шэрон
Shirley
Silvia Sylvia
Silvio Сильвио
Sophia Sophie Софья
Solomon
Sonia Sonya
Spencer
Stacy
Stella
Stuart Stewart
Susan Susanne Suzanne Сьюзан
Sven
Tanya
Tara
Ted
Teresa Theresa Тереза
Terry
Thelma
Theodor
Thomas Tomas Tomasz Томас
Tiffany Тиффани
Tim Timothy Тим Тимоти
Tina
Todd
Tom Том
Tommy
Toni
Tony Тони
Tracy
Travis
Trevor
Tulsi Тулси
Tyler
Ulrich
Ursula Урсула
Uwe
Vanessa
Vera
Verena
Vernon
Veronica Veronika Вероника
Vincent Винсент
Virginie
Vivian Vivek
Volker
Walter Вальтер
Warren
Wayne
Wendy
Werner
Wesley
Wilhelm Вильгельм
William Уильям
Wolfgang
Xavier
Yasmin
Yvonne
Zachary
Zeynep
`
