"""Invented people of invented places. Nobody can be reached at a 555-01xx number."""

from typing import NamedTuple


def words(text: str) -> list[str]:
    return text.split()


class Place(NamedTuple):
    area_code: str
    city: str
    zip: str


# Each area code has a hundred numbers that will never be given to anybody.
PLACES = [
    Place("212", "New York", "10027"),
    Place("718", "Brooklyn", "11226"),
    Place("617", "Boston", "02124"),
    Place("413", "Springfield", "01109"),
    Place("401", "Providence", "02907"),
    Place("203", "New Haven", "06511"),
    Place("518", "Albany", "12206"),
    Place("716", "Buffalo", "14213"),
    Place("215", "Philadelphia", "19140"),
    Place("412", "Pittsburgh", "15208"),
    Place("410", "Baltimore", "21217"),
    Place("804", "Richmond", "23223"),
    Place("919", "Durham", "27701"),
    Place("704", "Charlotte", "28208"),
    Place("404", "Atlanta", "30310"),
    Place("305", "Miami", "33142"),
    Place("813", "Tampa", "33605"),
    Place("615", "Nashville", "37208"),
    Place("502", "Louisville", "40211"),
    Place("216", "Cleveland", "44103"),
    Place("614", "Columbus", "43205"),
    Place("313", "Detroit", "48204"),
    Place("312", "Chicago", "60623"),
    Place("414", "Milwaukee", "53206"),
    Place("612", "Minneapolis", "55411"),
    Place("515", "Des Moines", "50314"),
    Place("314", "St. Louis", "63113"),
    Place("816", "Kansas City", "64130"),
    Place("504", "New Orleans", "70117"),
    Place("713", "Houston", "77026"),
    Place("210", "San Antonio", "78207"),
    Place("915", "El Paso", "79905"),
    Place("303", "Denver", "80205"),
    Place("505", "Albuquerque", "87105"),
    Place("602", "Phoenix", "85040"),
    Place("702", "Las Vegas", "89106"),
    Place("213", "Los Angeles", "90023"),
    Place("415", "San Francisco", "94124"),
    Place("510", "Oakland", "94621"),
    Place("916", "Sacramento", "95820"),
    Place("503", "Portland", "97203"),
    Place("206", "Seattle", "98118"),
    Place("801", "Salt Lake City", "84116"),
    Place("907", "Anchorage", "99508"),
    Place("808", "Honolulu", "96819"),
]

FIRST = words(
    """
    Aisha Alan Alice Amara Amir Andre Angela Anh Anita Arjun Asha Barbara Beatrice Ben Bianca Bilal Brenda Brian
    Carl Carol Cedric Charlotte Chen Clara Cora Curtis Cynthia Damon Daniel Darnell Deborah Denise Derek Diane
    Donna Doris Dwayne Edith Eleanor Elijah Emma Ernest Esther Eugene Evelyn Farah Felix Frances Frank Gloria
    Grace Greta Hana Harold Helen Henry Ida Imani Irene Isaac Jada Jamal James Janet Jasmine Jerome Joan Joseph
    Joyce Judith Kai Karen Kenneth Kim Kofi Lamar Laura Leon Lillian Linh Louis Lydia Malik Marcus Margaret
    Marie Martha Maya Mei Michael Mina Nadia Nathan Nora Olu Oscar Patrice Paul Priya Quinn Rachel Ralph Raymond
    Renee Robert Rosalind Ruth Sadie Sam Sandra Sean Shanice Sonya Stella Suresh Teresa Terrence Thelma Tyrone
    Vera Vernon Victor Violet Walter Wanda Wei Wendell Yasmin Yusuf Zoe
    """
)

LAST = words(
    """
    Abbott Adeyemi Ahmed Allen Anders Bailey Banks Barnes Bell Bennett Bishop Booker Boyd Briggs Brooks Bui
    Burke Byrd Cain Campbell Carr Chang Chase Clayton Cole Conway Cooper Craig Crane Cross Dalton Daniels Dawson
    Dean Diallo Dixon Doyle Drake Dunn Eaton Ellis Farrell Fields Fisher Fleming Ford Foster Fowler Franklin
    Frost Gaines Garner Gibbs Gill Glover Graves Greene Grimes Gupta Hale Hardy Harmon Hayes Hill Hodge Holt
    Hope Hudson Hughes Ingram Jarvis Jennings Joseph Kane Keller Khan Kirby Knox Kumar Lam Lane Lawson Le Lowe
    Lynch Mack Malone Marsh Mason Mbeki McCoy Mensah Merritt Mills Monroe Moss Nash Newton Nguyen Nolan Norris
    Novak Okoro Osei Owens Page Park Parks Patel Payne Pham Pierce Porter Pratt Quick Rao Reed Rhodes Rollins
    Rowe Savage Shah Sharp Shepherd Singh Sloan Snow Stokes Stone Sutton Sykes Tate Terry Thorpe Todd Tran
    Turner Tyler Vance Wade Walsh Ware Watts Webb Weeks West Whitaker Woods Wu Wynn Yang York Young
    """
)

SPANISH_FIRST = words(
    """
    Adriana Alejandro Ana Andrés Beatriz Camila Carlos Carmen César Consuelo Daniela Diego Dolores Eduardo Elena
    Esteban Fernanda Francisco Gabriela Graciela Guadalupe Héctor Ignacio Inés Javier Jesús José Josefina Juan
    Julia Leticia Lucía Luis Luz Manuel Marcos María Mariana Marisol Mateo Mercedes Miguel Mónica Norma Pablo
    Patricia Paz Pedro Pilar Rafael Ramón Raúl Ricardo Rocío Rosario Sergio Silvia Sofía Teresa Tomás Valeria
    Verónica Xiomara Yolanda
    """
)

SPANISH_LAST = words(
    """
    Acosta Aguilar Alvarado Arroyo Ávila Barrera Benítez Cabrera Calderón Campos Cárdenas Carrillo Castillo
    Cervantes Chávez Contreras Cordero Cruz Delgado Domínguez Escobar Espinoza Estrada Figueroa Flores Fuentes
    Gallegos García Gómez Guerrero Gutiérrez Hernández Herrera Ibarra Jiménez Juárez Lara León López Luna
    Maldonado Márquez Medina Mejía Méndez Molina Montoya Morales Muñoz Navarro Núñez Ochoa Orozco Ortega Pacheco
    Padilla Peña Ramírez Reyes Ríos Robles Rojas Rosales Salazar Salinas Sandoval Serrano Soto Suárez Tovar
    Trujillo Valdez Vargas Vega Velasco Zamora Zavala
    """
)
