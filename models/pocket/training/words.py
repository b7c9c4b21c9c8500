"""The words that pictures are made of, and which texts are kept for the evaluation."""

import hashlib

COMMON = """
able about above account across action add after again age agree air all allow almost alone along always amount
animal another answer any apple area arm around arrive art ask autumn away baby back bag balance ball bank base basket
bear beat bed before begin behind below best better between big bird black blood blue board boat body bone book border
bottle bottom box boy branch bread break bridge bright bring brother brown build burn bus busy butter button buy call
camera camp can candle cap car card care carry case cat catch cause cell center chair chance change chart cheap check
cheese child choose circle city class clean clear climb clock close cloth cloud coast coat coffee cold color come common
contain control cook cool copy corn corner cost count country course cover cow create cross crowd cry cup current cut
dance danger dark data date day deal dear decide deep degree desk detail device dinner doctor dog door double down draw
dream dress drink drive drop dry duck dust each early earth east easy eat edge egg eight eleven empty end energy engine
enjoy enough enter equal error even evening event ever every exact example exit expect eye face fact fair fall family
far farm fast father feed feel few field fig fight figure file fill final find fine finger finish fire first fish five
flag flat floor flow flower fly follow food foot for forest form forward four free fresh friend from front fruit full
game garden gas gate gentle get gift girl give glad glass goat gold gone good grain grand grass gray great green ground
group grow guess guide hair half hall hand happy hard harvest hat have head hear heart heat heavy height help here high
hill history hold hole home honey hope horse hot hotel hour house how huge hundred hurry ice idea image inch index
iron island item jacket job join joke juice jump just keep key kind king kitchen knee knife know label lady lake lamp
land large last late laugh law lead leaf learn leave left leg lemon lens less letter level lift light like limit line
lion list listen little live local lock long look lose lost loud love low luck lunch machine mail main make man many map
march mark market master match matter maybe meal mean measure meat meet melon memory menu metal middle mile milk million
mind mine minute mirror miss mix model modern moment money monkey month moon more morning most mother motor mountain
mouse mouth move much music must nail name narrow nature near neck need nest never new news next nice night nine noise
north nose note nothing notice now number nurse object ocean offer office often oil old olive once one onion only open
orange order other out oven over owner page paint pair paper parent park part party pass past path pay peace peach pear
pen pencil people pepper perfect person phone photo piano picture piece pink pipe place plain plan plane plant plate
play please pocket point police pond pool poor port post potato pound power press pretty price print prize problem
proud public pull purple push quarter queen question quick quiet quite radio rain raise range rate reach read ready real
reason record red repair reply report rest result return rice rich ride right ring rise river road rock roof room root
rose round row rule run sad safe sail salad salt same sand save say scale school science screen sea search season seat
second secret see seed sell send sense serve set seven shade shape share sharp sheep shelf shell shine ship shirt shoe
shop short should show side sign silver simple sing sister sit six size skin sky sleep slow small smart smell smile snow
soap soft soil some son song soon sort sound soup south space speak special speed spell spoon sport spring square stage
stair stamp stand star start state station stay steam steel step stick still stone stop store storm story street strong
student study sugar suit summer sun supper sure surface sweet swim table tail take talk tall tank taste tax tea teach
team ten tent test text thank theater there thick thin thing think third this three ticket tide tiger time tiny tire
title toast today together tomato tone tool tooth top total touch tour tower town toy track trade train travel tree trip
truck true trust try tube turn twelve twenty two type uncle under unit until update use usual valley value very video
view village visit voice wait walk wall want warm wash watch water wave way weak wear weather week weight welcome west
wet what wheat wheel when where white whole wide wild will win wind window wine wing winter wire wish with wolf woman
wonder wood wool word work world worry write wrong yard year yellow yes yesterday young zero zone zoo
""".split()

VERBS = """Open Save Close Delete Send Print Share Copy Move Rename Install Update Remove Add Edit Start Stop Restart
Cancel Retry Continue Accept Decline Allow Block Submit Search Export Import Download Upload Connect Disconnect Apply
Reset Clear Undo Redo Next Back Finish Skip Help Exit Sign Log Lock Unlock Enable Disable Keep Discard Replace Merge
Pause Resume View Show Hide Archive Restore Refresh Reply Forward Confirm Ignore Later Learn Try Buy Pay Book Join
Leave""".split()

NOUNS = """file folder all now later changes settings report account device network image photo music video page
document message contact password session backup update program server disk printer window tab link order ticket
profile list table row draft copy version again anyway more out in""".split()

CLASSIC_BUTTONS = """OK|Cancel|Save|Open|Close|Yes|No|Retry|Apply|Delete|Next|Back|Finish|Continue|Install|Skip|Help|
Allow|Deny|Accept|Decline|Send|Submit|Restart|Quit|Don't save|Try again|Not now|Learn more|Log in|Sign in""".replace("\n", "").split("|")

ITEMS = """Coffee Tea Bread Milk Butter Cheese Apple Apples Banana Bananas Eggs Juice Water Soup Salad Rice Pasta Pizza
Burger Fish Chicken Beef Tomato Potato Onion Carrot Lemon Orange Grapes Honey Sugar Salt Pepper Oil Wine Beer Cake
Cookie Muffin Bagel Donut Sandwich Yogurt Cereal Jam Chocolate Candy Soap Shampoo Paper Pen Notebook Battery Candle
Towel Brush Sponge Flowers Magazine Ticket Stamp""".split()

SHOPS = """Market Bakery Cafe Store Shop Deli Grocery Kitchen Corner Books Pharmacy Garden Diner Mart Foods Bazaar
Hardware Bistro""".split()

FIELDS = """Name City Country Email Phone Street Date Age Job Company Title Code Number Language Color Size Department
Room Status Owner Order Account""".split()


def is_held(text: str) -> bool:
    """Whether a text is kept for the evaluation: one in twenty, by its letters alone."""
    return hashlib.md5(text.strip().lower().encode()).digest()[0] % 20 == 7
