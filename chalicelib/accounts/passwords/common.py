"""The commonest passwords of eight characters or more, here and elsewhere, in lower case.

Written for this project from what published lists of leaks have in common (ADR 106).
"""

_WORDS = """
password password1 password12 password123 password1234 password123456 password1! password! passw0rd
passw0rd1 p@ssw0rd p@ssword p@ssword1 p@55w0rd p4ssw0rd pa$$word 12345678 123456789 1234567890 12345678910
123456789a 0123456789 1231231234 12341234 12344321 123454321 1234554321 12345679 123456123 123456654321
123654789 147258369 1472583690 159357456 159753456 741852963 789456123 7894561230 963852741 987654321
9876543210 87654321 102030405 1020304050 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2
q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 zaq12wsx zaq1zaq1 zaq1xsw2 2wsx3edc qwerty12 qwerty123 qwerty1234
qwerty12345 qwerty123456 qwertyui qwertyuiop qwertyuiop123 qwerty777 qwertz123 qwertzuiop qwertzui asdfghjk
asdfghjkl asdfghjkl1 asdfasdf asdf1234 asdqwe123 qweasdzxc qweasd123 qwe123456 qazwsxedc qazwsx123 zxcvbnm1
zxcvbnm123 zxcvbnma poiuytrewq mnbvcxz1 lkjhgfdsa 123qweasd 123qwe123 123qweasdzxc qwer1234 qwert123
qwert12345 wertyuio abcd1234 abcd12345 abcde123 abc12345 abc123456 abc123abc abcdefgh abcdefghi abcdefg1
abcdefg123 a1b2c3d4 a1b2c3d4e5 a123456789 a12345678 aa123456 aa12345678 aa112233 aabbccdd 1a2b3c4d 1234abcd
1234qwer 12345qwe 12345qwert 123456qwerty 123456abc 123456aa 12345abc abc123123 11223344 1122334455
112233445566 22334455 55667788 iloveyou iloveyou1 iloveyou2 iloveyou123 ilovey0u iloveu123 loveme123
loveyou1 lovelove loverboy lovers123 sunshine sunshine1 sunshine123 princess princess1 princess123 football
football1 football123 baseball baseball1 basketball basketball1 superman superman1 superman123 spiderman
spiderman1 batman123 batman1234 ironman123 starwars starwars1 startrek pokemon1 pokemon123 minecraft
minecraft1 roblox123 fortnite fortnite1 playstation nintendo welcome1 welcome12 welcome123 welcome1234
welcome2 letmein1 letmein123 letmein12 trustno1 whatever whatever1 computer computer1 internet internet1
samsung1 samsung123 iphone123 android1 google123 facebook facebook1 facebook123 instagram instagram1
linkedin whatsapp telegram microsoft windows10 windows123 gmail.com hotmail.com yahoo.com michelle michelle1
jennifer jennifer1 jessica1 jessica123 michael1 michael123 charlie1 charlie123 jordan23 jordan123 ashley123
anthony1 andrea123 daniel123 danielle nicholas nicole123 patricia veronica victoria victoria1 valentina
valentin alexander alexander1 alexandra alexandra1 christian christina christopher benjamin benjamin1
elizabeth elizabeth1 stephanie samantha samantha1 sebastian jonathan joshua123 matthew1 robert123 thomas123
william1 catherine caroline gabriela gabriel1 fernando francisco leonardo mercedes mercedes1 porsche911
ferrari1 lamborghini chocolate chocolate1 butterfly butterfly1 sweetheart strawberry blueberry cinnamon
cupcake1 cookie123 pumpkin1 snowball snoopy123 shadow123 tinkerbell barbie123 angel123 angels123 babygirl
babygirl1 babyboy1 beautiful beautiful1 blink182 metallica metallica1 slipknot greenday nirvana1 liverpool
liverpool1 arsenal1 arsenal123 chelsea1 chelsea123 barcelona barcelona1 realmadrid realmadrid1 juventus
juventus1 manchester manutd123 ronaldo7 ronaldo123 messi123 cristiano dragon123 dragon12 dragonball
monkey123 monkey12 tiger123 tigger12 hunter123 hunter12 killer123 ginger123 pepper123 maggie123 buster123
lucky123 lucky777 freedom1 freedom123 summer123 summer2024 summer2025 summer2026 winter123 winter2024
winter2025 spring123 autumn123 september november december january1 february godzilla garfield rainbow1
rainbow123 diamond1 diamond123 creative midnight mountain magic123 master123 master12 mustang1 cheese123
banana123 orange123 flower123 flowers1 purple123 yellow123 silver123 golden123 secret123 secret12 security
security1 admin123 admin1234 admin12345 admin123456 administrator adminadmin root1234 test1234 test12345
testing1 testing123 guest123 user1234 username login123 changeme changeme1 changeme123 default1 temp1234
demo1234 pass1234 pass12345 pass123456 passport passwort passwort1 password2 password3 motdepasse contraseña
contrasena kennwort hallo123 hello123 hello1234 hellohello helloworld goodluck goodbye1 thankyou jesus123
jesuschrist jesus1234 godisgood blessed1 heaven123 trinity1 fuckyou1 fuckyou123 fuckyou2 asshole1 bullshit
biteme123 superstar superstar1 rockstar rockstar1 champion champion1 monster1 monster123 warcraft starcraft
counterstrike csgo1234 leagueoflegends undertaker skateboard snowboard motorola panasonic lozinka1 lozinka12
lozinka123 lozinka1234 sifra123 sifra1234 sifra12345 šifra123 mojasifra mojalozinka beograd1 beograd11
beograd123 novisad1 novisad021 srbija123 srbija1389 jugoslavija crvenazvezda zvezda1945 zvezda123 delije1989
partizan partizan1 partizan1945 grobari1970 partizan123 vojvodina volimte1 volimte123 volimte12
volimsebe ljubavmoja ljubav123 ljubav12 ljubavi1 sunce123 suncokret zlatibor kopaonik djokovic novakdjokovic
nikolatesla nikola123 nikola12 marko123 marko1234 milos123 milica123 milica12 jovana123 jelena123 ivana123
marija123 ana12345 stefan123 stefan12 aleksandar aleksandra aleksandar1 dragana1 dragana123 katarina
katarina1 kristina kristina1 tijana123 teodora1 nemanja1 nemanja123 vladimir vladimir1 slobodan miroslav
nevena123 bojan123 dejan123 zoran123 goran123 petar123 lazar123 luka1234 filip123 andjela1 anastasija
isidora1 srecko123 macka123 kuca1234 zdravo123 dobardan dobrodosli dobrojutro pozdrav1 hajduk1950 dinamo1945
zagreb123 sarajevo sarajevo1 banjaluka podgorica crnagora hrvatska hrvatska1 slovenija makedonija лозинка1
лозинка123 шифра123 партизан звезда123 београд1 србија123 йцукен123 qwerty12345678
"""  # noqa: RUF001 - people here use both scripts
COMMON = frozenset(_WORDS.split())
